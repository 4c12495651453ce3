import MillraceStore

extension StoreError {
    /// Without its statement, which those who read results do not know. A log has it.
    var forPeople: StoreError {
        var error = self
        error.sql = nil
        return error
    }
}
