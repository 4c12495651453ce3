/// What is done when a job has ended in one of some ways. Jobs that a hook starts fire no hooks themselves.
public struct HookDefinition: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        /// A program with its arguments; it gets the event as JSON on its standard input.
        case command([String])
        /// A job that is submitted. `params` is a JSON object, the event when nil; `queue` that of the job that ended
        /// when nil.
        case job(kind: String, params: String?, queue: String?)
        /// The event is posted as JSON, signed with the secret in the systemd credential of this name if there is one.
        case http(url: String, secret: String?)
    }

    /// Not empty, none twice, in the order of ``Outcome``.
    public var outcomes: [Outcome]
    public var action: Action

    public init(on outcomes: [Outcome], _ action: Action) {
        self.outcomes = outcomes
        self.action = action
    }
}
