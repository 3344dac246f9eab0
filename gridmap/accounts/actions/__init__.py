"""Writes about people: signing in and out, accounts and their posts, notices and where they are sent."""

from gridmap.accounts.actions.addresses import add_address, end_address, send_again, send_test
from gridmap.accounts.actions.entry import (
    Attempt,
    change_password,
    count_attempt,
    count_guess,
    hasher,
    sign_in,
    sign_out,
)
from gridmap.accounts.actions.people import (
    create_account,
    end_post,
    give_post,
    read_notices,
    reset_password,
    switch_account,
)
from gridmap.accounts.actions.phones import phone_state, register_phone, revoke_phone
from gridmap.accounts.actions.push import push_key, subscribe, unsubscribe

__all__ = [
    "Attempt",
    "add_address",
    "change_password",
    "count_attempt",
    "count_guess",
    "create_account",
    "end_address",
    "end_post",
    "give_post",
    "hasher",
    "phone_state",
    "push_key",
    "read_notices",
    "register_phone",
    "reset_password",
    "revoke_phone",
    "send_again",
    "send_test",
    "sign_in",
    "sign_out",
    "subscribe",
    "switch_account",
    "unsubscribe",
]
