//! Sentence encoders inside this program.

use std::sync::Arc;

use nearside_encoder::{Encoder, Settings};

use crate::ports::{Blobs, PortError, SharedEncoder};

/// Starts the encoder whose files lie in the folder `encoders/HASH`.
///
/// # Errors
/// Which file is missing or wrong.
pub async fn start(blobs: &impl Blobs, hash: &str) -> Result<SharedEncoder, PortError> {
    let read = async |name: &str| -> Result<Vec<u8>, PortError> {
        let path = format!("encoders/{hash}/{name}");
        blobs.blob(&path).await?.ok_or_else(|| PortError(format!("{path}: no such file; deploy the encoder with the manifest")))
    };
    let settings: Settings =
        serde_json::from_slice(&read("encoder.json").await?).map_err(|e| PortError(format!("encoders/{hash}/encoder.json: {e}")))?;
    let encoder = Encoder::load(read("model.onnx").await?, &read("tokenizer.json").await?, settings);
    Ok(Arc::new(encoder.map_err(|e| PortError(format!("encoders/{hash}: {e}")))?))
}
