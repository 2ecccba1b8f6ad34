//! The audit log's seals (design section 7): made by one server at a time, checked and kept by an operator.

pub mod command;
pub mod finding;
pub mod prune;
pub mod sealer;
pub mod verify;
