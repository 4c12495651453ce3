public import JSONCodec

extension JSONReader {
    /// Refuses a member that a job's parameters do not have, but for what a schedule without parameters gives its jobs: a kind that
    /// needs none can be scheduled without any.
    public mutating func unknownParameter(_ key: String) throws(JSONError) {
        switch key {
        case "schedule", "nominal": try skip()
        default: try unknownMember(key)
        }
    }
}
