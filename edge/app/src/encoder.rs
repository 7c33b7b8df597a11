//! Sentence encoders inside this program.

use std::sync::Arc;

use nearside_encoder::{Encoder, Settings};

use crate::ports::{Blobs, PortError, SharedEncoder};

/// What hosts take as one file, bytes: longer ones lie in parts of this size, `NAME`, `NAME.1`, `NAME.2`, and a whole one
/// says that another follows.
const PART: usize = 24 << 20;

/// Starts the encoder whose files lie in the folder `encoders/HASH`.
///
/// # Errors
/// Which file is missing or wrong.
pub async fn start(blobs: &impl Blobs, hash: &str) -> Result<SharedEncoder, PortError> {
    let part = async |path: &str| -> Result<Vec<u8>, PortError> {
        blobs.blob(path).await?.ok_or_else(|| PortError::Unavailable(format!("{path}: no such file; deploy the encoder with the manifest")))
    };
    let read = async |name: &str| -> Result<Vec<u8>, PortError> {
        let path = format!("encoders/{hash}/{name}");
        let mut whole = part(&path).await?;
        let mut parts = 1;
        while whole.len() == parts * PART {
            whole.extend(part(&format!("{path}.{parts}")).await?);
            parts += 1;
        }
        Ok(whole)
    };
    let settings: Settings = serde_json::from_slice(&read("encoder.json").await?)
        .map_err(|e| PortError::Unavailable(format!("encoders/{hash}/encoder.json: {e}")))?;
    let encoder = Encoder::load(read("model.onnx").await?, &read("tokenizer.json").await?, settings);
    Ok(Arc::new(encoder.map_err(|e| PortError::Unavailable(format!("encoders/{hash}: {e}")))?))
}
