//! How what went wrong inside an explanation ends its request.

use crate::explain::{AblationFailure, ExplainFailure, OperationFailure, ProjectFailure};
use crate::session::{Ended, Failure};

impl From<ExplainFailure> for Ended {
    fn from(failure: ExplainFailure) -> Self {
        match failure {
            ExplainFailure::Explain(error) => Failure::Explain(error).into(),
            ExplainFailure::Budget(error) => error.into(),
            ExplainFailure::Network(error) => error.into(),
            ExplainFailure::NotFinite(found) => found.into(),
        }
    }
}

impl From<OperationFailure> for Ended {
    fn from(failure: OperationFailure) -> Self {
        match failure {
            OperationFailure::Surgery(error) => Failure::Explain(error.into()).into(),
            OperationFailure::Network(error) => error.into(),
        }
    }
}

impl From<AblationFailure> for Ended {
    fn from(failure: AblationFailure) -> Self {
        match failure {
            AblationFailure::Operation(failure) => failure.into(),
            AblationFailure::Train(error) => error.into(),
            AblationFailure::NotFinite(found) => found.into(),
        }
    }
}

impl From<ProjectFailure> for Ended {
    fn from(failure: ProjectFailure) -> Self {
        match failure {
            ProjectFailure::Explain(failure) => failure.into(),
            ProjectFailure::Task(error) => error.into(),
        }
    }
}
