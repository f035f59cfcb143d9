//! STUB until the branch `data` is merged.
use reactive_graph::signal::RwSignal;
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetId(pub u32);
#[derive(Clone, Debug, PartialEq)]
pub struct SetInfo {
    pub id: SetId,
    pub name: String,
    pub classes: Vec<String>,
    pub counts: Vec<u64>,
    pub held_out: u64,
    pub shape: engine::Shape,
    pub bytes: u64,
}
#[derive(Clone, Copy)]
pub struct DataSets {
    chosen: RwSignal<Option<SetInfo>>,
}
use reactive_graph::traits::Get;
impl DataSets {
    pub fn chosen(self) -> Option<SetInfo> {
        self.chosen.get()
    }
    pub fn info(self, id: SetId) -> Option<SetInfo> {
        self.chosen().filter(|it| it.id == id)
    }
    pub fn label(self, _id: SetId, _index: usize) -> Option<u16> {
        None
    }
    pub fn image(self, _id: SetId, _index: usize) -> Option<Vec<u8>> {
        None
    }
    pub(crate) fn new() -> Self {
        Self {
            chosen: RwSignal::new(None),
        }
    }
}
