//! In which of the 16384 slots of a cluster a command belongs
//! ([the specification](https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/)).

use redis::{Arg, Cmd};

/// A slot of a cluster.
pub(super) type Slot = u16;

/// How many slots there are.
pub(super) const SLOTS: u16 = 16384;

/// The slot of a key: of what stands between its first braces, or else of the whole.
pub(super) fn of_key(key: &[u8]) -> Slot {
    let tag = key.iter().position(|byte| *byte == b'{').and_then(|open| {
        let rest = &key[open + 1..];
        let close = rest.iter().position(|byte| *byte == b'}')?;
        (close > 0).then(|| &rest[..close])
    });
    checksum(tag.unwrap_or(key)) % SLOTS
}

/// The slot of a command, by its first key; none if it has no key.
///
/// Where this does not know a command, it takes the first argument for a key. If that is wrong, the node
/// that gets the command names the right one.
pub(super) fn of(command: &Cmd) -> Option<Slot> {
    let name = argument(command, 0)?.to_ascii_uppercase();
    let position = match &name[..] {
        b"ACL" | b"ASKING" | b"AUTH" | b"CLIENT" | b"CLUSTER" | b"COMMAND" | b"CONFIG"
        | b"DBSIZE" | b"DEBUG" | b"DISCARD" | b"ECHO" | b"EXEC" | b"FLUSHALL" | b"FLUSHDB"
        | b"FUNCTION" | b"HELLO" | b"INFO" | b"KEYS" | b"LATENCY" | b"MODULE" | b"MULTI"
        | b"PING" | b"PUBLISH" | b"RANDOMKEY" | b"RESET" | b"SCAN" | b"SCRIPT" | b"SELECT"
        | b"SLOWLOG" | b"SWAPDB" | b"TIME" | b"UNWATCH" | b"WAIT" => return None,
        b"EVAL" | b"EVALSHA" | b"EVAL_RO" | b"EVALSHA_RO" | b"FCALL" | b"FCALL_RO" => {
            after_count(command, 2)?
        }
        b"LMPOP" | b"SINTERCARD" | b"ZDIFF" | b"ZINTER" | b"ZINTERCARD" | b"ZMPOP" | b"ZUNION" => {
            after_count(command, 1)?
        }
        b"BLMPOP" | b"BZMPOP" => after_count(command, 2)?,
        b"BITOP" | b"MEMORY" | b"OBJECT" | b"XGROUP" | b"XINFO" => 2,
        b"XREAD" | b"XREADGROUP" => {
            let is_word = |argument: Arg<&[u8]>| match argument {
                Arg::Simple(word) => word.eq_ignore_ascii_case(b"STREAMS"),
                _ => false,
            };
            command.args_iter().position(is_word)? + 1
        }
        _ => 1,
    };
    argument(command, position).map(of_key)
}

/// The place of the first key, if the argument at `position`, which counts the keys, says that there is
/// one.
fn after_count(command: &Cmd, position: usize) -> Option<usize> {
    (argument(command, position)? != b"0").then_some(position + 1)
}

pub(super) fn argument(command: &Cmd, position: usize) -> Option<&[u8]> {
    match command.args_iter().nth(position)? {
        Arg::Simple(argument) => Some(argument),
        _ => None,
    }
}

/// CRC16 as XMODEM defines it.
fn checksum(bytes: &[u8]) -> u16 {
    const TABLE: [u16; 256] = table();
    bytes.iter().fold(0, |sum, byte| {
        let [high, low] = sum.to_be_bytes();
        u16::from_be_bytes([low, 0]) ^ TABLE[usize::from(high ^ byte)]
    })
}

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut sum = (index as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            let carry = sum & 0x8000 != 0;
            sum <<= 1;
            if carry {
                sum ^= 0x1021;
            }
            bit += 1;
        }
        table[index] = sum;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_slots_that_redis_gives_them() {
        // As CLUSTER KEYSLOT says.
        for (key, slot) in [
            ("", 0),
            ("foo", 12182),
            ("123456789", 12739),
            ("{user1000}.following", 3443),
            ("{user1000}.followers", 3443),
            ("foo{}{bar}", 8363),
            ("foo{{bar}}zap", 4015),
            ("foo{bar}{zap}", 5061),
            ("shop:{orders}:open", 105),
        ] {
            assert_eq!(of_key(key.as_bytes()), slot, "{key}");
        }
    }

    #[test]
    fn the_key_of_a_command_is_found_where_it_stands() {
        for words in [
            "GET key",
            "set key value PX 1",
            "EVALSHA sha 2 key other argument",
            "XREADGROUP GROUP group consumer COUNT 1 BLOCK 1000 STREAMS key >",
            "XGROUP CREATE key group 0 MKSTREAM",
            "XINFO GROUPS key",
            "BLPOP key 1",
            "LMPOP 1 key LEFT",
            "BZMPOP 1 1 key MIN",
        ] {
            let mut command = Cmd::new();
            command.arg(words.split(' ').collect::<Vec<_>>());
            assert_eq!(of(&command), Some(of_key(b"key")), "{words}");
        }
        for words in ["PING", "SCRIPT LOAD text", "EVAL text 0 argument", "SCAN 0"] {
            let mut command = Cmd::new();
            command.arg(words.split(' ').collect::<Vec<_>>());
            assert_eq!(of(&command), None, "{words}");
        }
    }
}
