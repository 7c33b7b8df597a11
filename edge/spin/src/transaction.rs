//! Ending a transaction over an interface that knows statements only.
#![cfg_attr(not(target_os = "wasi"), allow(dead_code, reason = "used by the component only"))]

/// Commits what was `done`, or rolls it back; also where the commit fails, since the connection goes back to a pool and
/// would take the open transaction along. `run` runs a statement.
///
/// # Errors
/// The first error: SQLite may have rolled back by itself, and that a second rollback then fails tells nothing.
pub(crate) async fn end<T, E, F>(done: Result<T, E>, run: impl Fn(&'static str) -> F) -> Result<T, E>
where
    F: Future<Output = Result<(), E>>,
{
    let done = match done {
        Ok(rows) => run("COMMIT").await.map(|()| rows),
        Err(error) => Err(error),
    };
    if done.is_err() {
        let _ = run("ROLLBACK").await;
    }
    done
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::ready;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::end;

    /// What came of it, and what was run, where these statements fail.
    #[track_caller]
    fn check(done: Result<u8, &'static str>, failing: &[&'static str], outcome: Result<u8, &'static str>, ran: &[&str]) {
        let log = RefCell::new(Vec::new());
        let ended = pin!(end(done, |sql| {
            log.borrow_mut().push(sql);
            ready(if failing.contains(&sql) { Err(sql) } else { Ok(()) })
        }));
        assert_eq!(ended.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(outcome));
        assert_eq!(*log.borrow(), ran);
    }

    #[test]
    fn keeps_the_first_error_and_leaves_no_transaction_open() {
        check(Ok(7), &[], Ok(7), &["COMMIT"]);
        check(Err("first"), &[], Err("first"), &["ROLLBACK"]);
        check(Err("first"), &["ROLLBACK"], Err("first"), &["ROLLBACK"]);
        check(Ok(7), &["COMMIT"], Err("COMMIT"), &["COMMIT", "ROLLBACK"]);
    }
}
