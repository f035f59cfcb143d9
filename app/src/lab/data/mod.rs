//! STUB
use super::Lab;
use crate::client::QueryError;
use engine::session::DeviceKind;
use state::data::SetId;
impl Lab {
    pub async fn send_set(self, _d: DeviceKind, _id: SetId) -> Result<(), QueryError> {
        Ok(())
    }
}
