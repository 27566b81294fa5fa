//! Memory that was needed once goes back to the system.
//!
//! glibc keeps what is freed, as long as anything in use lies behind it, its own caches included: after 2,500 connections
//! 46 MiB stayed. Its `malloc_trim` looks through all of it and takes a few milliseconds.

#![allow(unsafe_code, reason = "the standard library can't ask for it")]

/// Gives back what is free. For after a great deal was freed, and not for the time of a request.
#[cfg(target_env = "gnu")]
pub(crate) fn give_back() {
    // SAFETY: the signature is that of malloc_trim(3), which may be called at any time.
    unsafe extern "C" {
        safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    malloc_trim(0);
}

/// Other C libraries have nothing to ask.
#[cfg(not(target_env = "gnu"))]
pub(crate) fn give_back() {}
