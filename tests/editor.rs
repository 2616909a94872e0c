//! The catalog edited from the desk: what a form changes in a file, and what becomes of it.

#[path = "editor/forms.rs"]
mod forms;
mod house;
