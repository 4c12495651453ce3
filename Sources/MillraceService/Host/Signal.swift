import Glibc

/// The signals of the host.
enum Signal {
    static let hangUp = SIGHUP
    static let terminate = SIGTERM
    static let interrupt = SIGINT
}
