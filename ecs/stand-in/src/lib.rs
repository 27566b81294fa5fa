//! The few AWS calls that a deployment makes, answered on this machine.
