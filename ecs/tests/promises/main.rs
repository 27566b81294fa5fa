//! What the deployer promises, seen from outside: the program as a process, beside a stand-in for AWS.
