//! The pack and the turn: understanding, knowledge and dialogue put together.
//!
//! What always holds: [`Assistant::turn`] is a pure function of pack, state, input and context; the same ones give the
//! same bytes in the browser, at the edge and natively. No stored bytes make loading panic. Deliberately absent:
//! clocks, files and network; a host performs the effects that a turn asks for.

#[cfg(feature = "build")]
mod build;
mod classes;
#[cfg(feature = "build")]
mod domain;
mod evidence;
mod hear;
#[cfg(feature = "build")]
mod judge;
#[cfg(feature = "build")]
mod marks;
mod pack;
mod query;
mod ranked;
mod responses;
mod spelling;
#[cfg(feature = "build")]
mod teach;
mod turn;
mod understand;
mod vectors;

#[cfg(feature = "build")]
pub use build::{
    BuildReport, Ear, Expected, NearDuplicate, Rankers, Shelf, Shipped, SlotReport, Tokens, as_classes, build, build_taught, documents,
    ear, from_postcard, looked_at, postcard_bytes, postcard_vec, rankers, shelf,
};
pub use classes::Weights;
#[cfg(feature = "build")]
pub use domain::{Domain, DomainError, GoldenQuestion, SourceFile};
pub use pack::{LoadError, Meta, Pack, SectionInfo, content_hash};
pub use ranked::StoredStage;
pub use responses::Responses;
#[cfg(feature = "build")]
pub use responses::{common_words, small_talk};
pub use spelling::Spelling;
#[cfg(feature = "build")]
pub use teach::{EncodeAll, Teaching, Tier};
pub use turn::{Assistant, CandidateInfo, EntityInfo, Explanation, Need, PartInfo, Step, Turn, TurnContext};
pub use vectors::{UnitVectors, VectorSource};

#[cfg(all(test, feature = "build"))]
mod acts_tests;
#[cfg(all(test, feature = "build"))]
mod tests;
#[cfg(all(test, feature = "build"))]
mod wish_tests;
