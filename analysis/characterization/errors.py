# SPDX-License-Identifier: Apache-2.0
"""What the caller did wrong: one message, exit code 2."""


class UsageError(Exception):
    pass
