//! Failures and cancellations as English sentences: what, where, why and the way out. They begin in
//! lower case and end without a full stop, to stand within others.

use std::fmt::{Display, Formatter, Result};

use super::{CancelReason, Failure};

impl std::error::Error for Failure {}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::NoDevice { why } => f.write_str(why),
            Self::Unreadable { why } => f.write_str(why),
            Self::File { why } => write!(f, "the browser does not read the weights' file: {why}"),
            Self::NotValues { bytes } => write!(
                f,
                "the payload of {bytes} bytes is not a whole number of 32-bit values"
            ),
            Self::NoNetwork => f.write_str("no network is loaded yet, so there is nothing to run"),
            Self::WholeEngine { reason: None } => f.write_str(
                "the engine that answers first cannot do this; try again when the whole engine has \
                 started",
            ),
            Self::WholeEngine {
                reason: Some(reason),
            } => write!(
                f,
                "the engine that answers first cannot run this network: {reason}; the whole engine \
                 can once it has started"
            ),
            Self::Invalid { node, problem } => {
                write!(f, "“{node}” cannot stand where it is: {problem}")
            }
            Self::Budget(error) => error.fmt(f),
            Self::Weights(error) => error.fmt(f),
            Self::MissingWeights { node } => {
                write!(f, "“{node}” lacks its weights; load the network again")
            }
            Self::Drawing(error) => error.fmt(f),
            Self::Photo(error) => error.fmt(f),
            Self::Input { got, wanted, shape } => write!(
                f,
                "the input has {got} values; the network takes {wanted} ({shape}) for each picture"
            ),
            Self::NoNode { node } => write!(
                f,
                "the network that runs has no node number {node}; it may have been removed"
            ),
            Self::NoChannel {
                node,
                channels,
                channel,
            } => write!(
                f,
                "“{node}” has {channels} channels, so there is no channel number {channel} (from 0)"
            ),
            Self::NoUnit {
                node,
                shape,
                channel,
                row,
                column,
            } => write!(
                f,
                "“{node}” is {shape}, so it has no value at channel {channel}, row {row}, column \
                 {column} (from 0)"
            ),
            Self::NoPartials { node } => write!(
                f,
                "“{node}” is no convolution, so no partial maps are summed in it"
            ),
            Self::Stages { why } => write!(f, "The network is not cut into these stages: {why}"),
            Self::NoPictures => {
                f.write_str("gradients were asked for of 0 pictures; send at least one")
            }
            Self::Gradients { got, batch, wanted } => write!(
                f,
                "{got} values came, but {batch} pictures and one weight for each output value \
                 need {wanted}"
            ),
            Self::SingleValue { node } => write!(
                f,
                "“{node}” normalises over the batch while training, which needs more than one \
                 value per channel; use a larger batch"
            ),
            Self::NoMask { node } => write!(
                f,
                "“{node}” drops values while training, but was given no mask of which to keep"
            ),
            Self::NoClasses => f.write_str("the network has no output to train"),
            Self::OtherMaps => {
                f.write_str("the other device's maps are of another size; compare again")
            }
            Self::MapsTruncated => {
                f.write_str("the message to compare with ends early; compare again")
            }
            Self::DataTruncated => {
                f.write_str("the message with images ends early or is too long; add them again")
            }
            Self::Task(error) => error.fmt(f),
            Self::Explain(error) => error.fmt(f),
            Self::Attack(error) => error.fmt(f),
            Self::Shrink(error) => error.fmt(f),
            Self::NotFinite(found) => found.fmt(f),
            Self::Device { why } => {
                write!(f, "the device could not give its results back: {why}")
            }
        }
    }
}

impl Display for CancelReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Requested => "it was cancelled",
            Self::Superseded => "a newer input took its place",
            Self::NetworkReplaced => "another network took the place of the one it was for",
        })
    }
}
