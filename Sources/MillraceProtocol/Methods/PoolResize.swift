import JSONCodec

/// Sets how much may run at once, from now on until the settings are read again. More begins at once; fewer lets what runs
/// end. One of these forms: `pool` and `processes`; `job` and `slots`; `jobs`; `calls`.
public enum PoolResize: RPCMethod {
    public static let name = "pool.resize"
    public static let access = AccessClass.admin
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        public var pool: String?
        /// Of the pool: 1–64.
        public var processes: Int?
        /// A running job.
        public var job: JobID?
        /// Items of the job that may run at once: 1–20.
        public var slots: Int?
        /// Jobs on the whole machine: 1–10,000.
        public var jobs: Int?
        /// Calls on the whole machine: 1–10,000.
        public var calls: Int?

        public init(
            pool: String? = nil, processes: Int? = nil, job: JobID? = nil, slots: Int? = nil, jobs: Int? = nil,
            calls: Int? = nil
        ) {
            self.pool = pool
            self.processes = processes
            self.job = job
            self.slots = slots
            self.jobs = jobs
            self.calls = calls
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var pool: String?, processes: Int?, job: JobID?, slots: Int?, jobs: Int?, calls: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "pool": pool = try json.string()
                case "processes": processes = try json.int()
                case "job": job = try json.value()
                case "slots": slots = try json.int()
                case "jobs": jobs = try json.int()
                case "calls": calls = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(pool: pool, processes: processes, job: job, slots: slots, jobs: jobs, calls: calls)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("pool", ifPresent: pool)
                $0.member("processes", ifPresent: processes)
                $0.member("job", ifPresent: job)
                $0.member("slots", ifPresent: slots)
                $0.member("jobs", ifPresent: jobs)
                $0.member("calls", ifPresent: calls)
            }
        }
    }

    public typealias Result = PoolListing
}
