//! Deploys the image to ECS, and is never green when the release failed.
