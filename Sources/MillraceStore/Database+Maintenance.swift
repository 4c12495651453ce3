extension Database {
    /// Writes a consistent copy while others go on reading and writing: ``DatabaseFile/copy(_:)``. Blocks.
    public func backUp(to target: String) throws(StoreError) { try DatabaseFile.copy([(DatabaseFile(path), target)]) }

    /// What is wrong with the file: ``DatabaseFile/problems()``. Blocks.
    public func integrityCheck() throws(StoreError) -> [String] { try DatabaseFile(path).problems() }
}
