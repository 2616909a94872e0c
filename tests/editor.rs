//! The catalog edited from the desk: what a form changes in a file, and what becomes of it.

#[path = "editor/file_api.rs"]
mod file_api;
#[path = "editor/filters.rs"]
mod filters;
#[path = "editor/forms.rs"]
mod forms;
mod house;
#[path = "editor/lists.rs"]
mod lists;
#[path = "editor/pictures.rs"]
mod pictures;
#[path = "editor/saving.rs"]
mod saving;
#[path = "editor/tables.rs"]
mod tables;
#[path = "editor/visit.rs"]
mod visit;
