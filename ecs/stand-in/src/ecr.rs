//! The calls of Amazon ECR that a deployment makes: an image's manifest, and where its configuration is.

use serde_json::{Value, json};

use crate::ecs::Refusal;
use crate::script::Image;
use crate::world::World;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Answers a call. `url` is this server's own.
pub(crate) fn call(world: &World, operation: &str, input: &Value, url: &str) -> Result<Value, Refusal> {
    match operation {
        "BatchGetImage" => batch_get_image(world, input),
        "GetDownloadUrlForLayer" => {
            let digest = input["layerDigest"].as_str().unwrap_or_default();
            Ok(json!({"layerDigest": digest, "downloadUrl": format!("{url}/layers/{digest}?signature=secret")}))
        }
        _ => Err(("InvalidParameterException", format!("{operation} is none of the calls that are answered here"))),
    }
}

fn batch_get_image(world: &World, input: &Value) -> Result<Value, Refusal> {
    if input["repositoryName"] != "walkthrough" {
        return Err(("RepositoryNotFoundException", "The repository does not exist in the registry.".to_owned()));
    }
    let digest = input["imageIds"][0]["imageDigest"].as_str().unwrap_or_default();
    let Some((kind, manifest)) = look_up(world, digest) else {
        let failure = json!({"imageId": {"imageDigest": digest}, "failureCode": "ImageNotFound"});
        return Ok(json!({"images": [], "failures": [failure]}));
    };
    let accepted = input["acceptedMediaTypes"].as_array().cloned().unwrap_or_default();
    if !accepted.contains(&kind.into()) {
        return Err(("UnsupportedMediaType", format!("the image is {kind}")));
    }
    let found = json!({"imageId": {"imageDigest": digest}, "imageManifest": manifest, "imageManifestMediaType": kind});
    Ok(json!({"images": [found], "failures": []}))
}

/// The manifest of the image with that digest, and its kind.
fn look_up(world: &World, digest: &str) -> Option<(&'static str, String)> {
    if let Some(images) = &world.images {
        return Some((MANIFEST, images.manifest(digest)?));
    }
    let image = world.script.images.iter().find(|image| digest == image.digest)?;
    Some((if image.is_index { INDEX } else { MANIFEST }, manifest(image).to_string()))
}

/// The manifest of an image of the script; the digests in it lead back to the image, since nothing is stored.
fn manifest(image: &Image) -> Value {
    if image.is_index {
        let entry = |architecture: &String| json!({"mediaType": MANIFEST, "digest": image.digest, "platform": {"os": "linux", "architecture": architecture}});
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": image.architectures.iter().map(entry).collect::<Vec<_>>()})
    } else {
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": image.digest}, "layers": []})
    }
}

/// The configuration of an image, as the layer with that digest.
pub(crate) fn layer(world: &World, digest: &str) -> Option<String> {
    if let Some(images) = &world.images {
        return images.blob(digest);
    }
    let image = world.script.images.iter().find(|image| image.digest == digest)?;
    Some(json!({"os": "linux", "architecture": image.architectures.first()}).to_string())
}
