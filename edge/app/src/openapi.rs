use utoipa::OpenApi;

/// The service described as OpenAPI 3.1, generated from the handlers' own annotations.
pub fn openapi() -> utoipa::openapi::OpenApi {
    crate::handlers::Api::openapi()
}
