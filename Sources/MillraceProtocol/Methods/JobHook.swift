import JSONCodec

/// What happens when a job ends: another job, or a request over HTTP. Each is itself tried like a job, and fires no hooks.
public struct JobHook: Sendable, Hashable {
    /// The ends it is for: final states, at least one.
    public var on: [JobState]
    public var action: Action

    /// Exactly one of them.
    public enum Action: Sendable, Hashable {
        case job(FollowUp)
        case http(Callback)
    }

    public init(on: [JobState], action: Action) {
        self.on = on
        self.action = action
    }

    /// A job to submit.
    public struct FollowUp: Sendable, Hashable, JSONCodable {
        public var kind: String
        /// Given to the job as they are; the event when left out.
        public var params: JSONRaw?
        /// That of the job that ended when left out.
        public var queue: String?

        public init(kind: String, params: JSONRaw? = nil, queue: String? = nil) {
            self.kind = kind
            self.params = params
            self.queue = queue
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var kind: String?, params: JSONRaw?, queue: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "kind": kind = try json.string()
                case "params": params = try json.raw()
                case "queue": queue = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(kind: try json.require(kind, "kind"), params: params, queue: queue)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("kind", kind)
                $0.member("params", ifPresent: params)
                $0.member("queue", ifPresent: queue)
            }
        }
    }

    /// A request to make: POST with the event as JSON.
    public struct Callback: Sendable, Hashable, JSONCodable {
        /// `http://` or `https://`, at most 2,000 characters.
        public var url: String
        /// The name of the credential that signs the request; never the secret itself.
        public var secret: String?

        public init(url: String, secret: String? = nil) {
            self.url = url
            self.secret = secret
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var url: String?, secret: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "url": url = try json.string()
                case "secret": secret = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(url: try json.require(url, "url"), secret: secret)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("url", url)
                $0.member("secret", ifPresent: secret)
            }
        }
    }
}

extension JobHook: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var on: [JobState]?, job: FollowUp?, http: Callback?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "on":
                let states: [JobState] = try json.value()
                guard !states.isEmpty, states.allSatisfy(\.isFinal) else {
                    throw json.invalid("a hook is for one or more of succeeded, partial, failed, cancelled")
                }
                on = states
            case "job": job = try json.value()
            case "http": http = try json.value()
            default: try json.unknownMember(key)
            }
        }
        let action: Action
        switch (job, http) {
        case (let job?, nil): action = .job(job)
        case (nil, let http?): action = .http(http)
        default: throw json.invalid("a hook has exactly one of job and http")
        }
        self.init(on: try json.require(on, "on"), action: action)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("on", on)
            switch action {
            case .job(let job): $0.member("job", job)
            case .http(let http): $0.member("http", http)
            }
        }
    }
}
