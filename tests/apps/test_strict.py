"""What has to be missing where these tests run, so that nobody's script can lean on it."""

import os
import socket
import unittest


class Strict(unittest.TestCase):
    def test_nobody_is_root(self):
        self.assertNotEqual(os.geteuid(), 0, "start the tests with .ci/strict")

    def test_there_is_no_home(self):
        with self.assertRaises(OSError):
            os.makedirs("/homeless-shelter/.cache")

    def test_there_is_no_network(self):
        with self.assertRaises(OSError) as told:
            # Nobody has that address (RFC 5737): where there is a network this takes until nobody has answered.
            socket.create_connection(("192.0.2.1", 80), timeout=2)
        self.assertNotIsInstance(told.exception, TimeoutError, "there is a way to somewhere")
