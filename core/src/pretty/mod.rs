//! Formatters that turn the output of an agent into lines a person reads.
