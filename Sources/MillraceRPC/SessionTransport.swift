/// What carries a session's bytes. It feeds the session with frames and takes what the session has to say.
///
/// All calls come without locks held, from any thread.
protocol SessionTransport: AnyObject, Sendable {
    /// The session's output was claimed on the transport's behalf: it sends output until there is none.
    func outputIsClaimed()

    /// Wishes ``RPCSession/timePassed()`` called at `instant` of the boot clock. Of several wishes the earliest counts, in whichever
    /// order they come; it is gone when it is fulfilled.
    func wake(at instant: Duration)

    /// Ends the connection now; what was not sent is lost.
    func close()
}
