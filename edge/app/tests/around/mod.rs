//! Hosts around the in-memory one, of which a test replaces a port.

/// Gives `host`, which has a `Memory` in its field `memory`, those ports of it that a test leaves as they are.
macro_rules! ports_of_memory {
    ($host:ty: $($port:ident),+) => { $($crate::around::ports_of_memory!(@$port $host);)+ };
    (@Database $host:ty) => {
        impl nearside_edge::Database for $host {
            async fn transaction(
                &self,
                statements: Vec<nearside_edge::Statement>,
            ) -> Result<Vec<Vec<nearside_edge::Row>>, nearside_edge::PortError> {
                self.memory.transaction(statements).await
            }
        }
    };
    (@Blobs $host:ty) => {
        impl nearside_edge::Blobs for $host {
            async fn blob(&self, path: &str) -> Result<Option<Vec<u8>>, nearside_edge::PortError> {
                self.memory.blob(path).await
            }
        }
    };
    (@Encoders $host:ty) => {
        impl nearside_edge::Encoders for $host {
            async fn encoder(&self, hash: &str) -> Result<nearside_edge::SharedEncoder, nearside_edge::PortError> {
                self.memory.encoder(hash).await
            }
        }
    };
    (@System $host:ty) => {
        impl nearside_edge::System for $host {
            fn now_ms(&self) -> f64 {
                self.memory.now_ms()
            }
            fn random(&self, bytes: &mut [u8]) -> Result<(), nearside_edge::PortError> {
                self.memory.random(bytes)
            }
            async fn secret(&self, secret: nearside_edge::Secret) -> Result<String, nearside_edge::PortError> {
                self.memory.secret(secret).await
            }
            fn log(&self, level: nearside_edge::Level, line: &str) {
                self.memory.log(level, line);
            }
        }
    };
    (@Limits $host:ty) => {
        impl nearside_edge::Limits for $host {
            async fn admit(&self, kind: nearside_edge::Kind, key: &str) -> Result<(), u32> {
                self.memory.admit(kind, key).await
            }
            fn client<'a>(&self, headers: &'a http::HeaderMap) -> &'a str {
                self.memory.client(headers)
            }
        }
    };
}
pub(crate) use ports_of_memory;
