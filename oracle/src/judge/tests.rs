//! The judge on lanes that show what a test says.
