//! What an image in ECR is for, by its manifest or its configuration.

use aws_sdk_ecr::types::{Image, ImageIdentifier};
use aws_sdk_ecs::error::ProvideErrorMetadata;
use serde::Deserialize;

use super::{Aws, explain};
use crate::cloud::CloudError;
use crate::failure::unreadable;
use crate::release::ImageReference;
use crate::site::fetch;

/// The kinds of manifest an image can have; without them ECR would give only Docker's.
const MANIFESTS: [&str; 4] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

impl Aws {
    /// The architectures an image is for, as OCI names them; nothing if the registry does not have the image.
    pub(super) async fn architectures(&self, image: &ImageReference) -> Result<Option<Vec<String>>, CloudError> {
        let call = "ecr:BatchGetImage";
        // Of the account that the reference names, which need not be that of the credentials.
        let registry = image.account_and_region().map(|(account, _)| account.to_owned());
        let mut request = self
            .ecr
            .batch_get_image()
            .set_registry_id(registry.clone())
            .repository_name(image.repository_name())
            .image_ids(ImageIdentifier::builder().image_digest(&image.digest).build());
        for kind in MANIFESTS {
            request = request.accepted_media_types(kind);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("RepositoryNotFoundException") => return Ok(None),
            Err(error) => return Err(explain(call, &error)),
        };
        let Some(manifest) = answer.images().iter().find_map(Image::image_manifest) else {
            return Ok(None);
        };
        let manifest: Manifest = serde_json::from_str(manifest).map_err(|error| unreadable(call, error))?;
        let Some(config) = manifest.config else {
            return Ok(Some(manifest.manifests.into_iter().filter_map(|entry| entry.platform?.architecture).collect()));
        };

        // A manifest of one image does not say what it is for; its configuration does.
        let call = "ecr:GetDownloadUrlForLayer";
        let place = self
            .ecr
            .get_download_url_for_layer()
            .set_registry_id(registry)
            .repository_name(image.repository_name())
            .layer_digest(config.digest)
            .send()
            .await
            .map_err(|error| explain(call, &error))?;
        let config = fetch(&self.http, place.download_url().unwrap_or_default()).await.map_err(|error| CloudError {
            call,
            code: None,
            message: error.to_string(),
            is_transient: true,
        })?;
        let config: Platform = serde_json::from_str(&config).map_err(|error| unreadable(call, error))?;
        Ok(Some(config.architecture.into_iter().collect()))
    }
}

/// The parts of an OCI manifest, or of an index, that say what the image is for.
#[derive(Deserialize)]
struct Manifest {
    config: Option<Descriptor>,
    #[serde(default)]
    manifests: Vec<Entry>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
}

#[derive(Deserialize)]
struct Entry {
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    architecture: Option<String>,
}
