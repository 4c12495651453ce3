import CSQLite

extension Connection {
    /// Has the listener hear of every statement that begins to run.
    func trace(_ listener: @escaping @Sendable (String) -> Void) {
        let ear = StatementEar(listener)
        self.ear = ear
        sqlite3_trace_v2(
            handle, UInt32(SQLITE_TRACE_STMT),
            { _, ear, _, text in
                guard let ear, let text else { return 0 }
                let sql = String(cString: text.assumingMemoryBound(to: CChar.self))
                // What a trigger does comes as a comment.
                if !sql.hasPrefix("--") {
                    Unmanaged<StatementEar>.fromOpaque(ear).takeUnretainedValue().listener(sql)
                }
                return 0
            }, Unmanaged.passUnretained(ear).toOpaque())
    }
}

/// What a connection tells its statements to; as an object, so that C can hold it.
final class StatementEar: Sendable {
    let listener: @Sendable (String) -> Void

    init(_ listener: @escaping @Sendable (String) -> Void) { self.listener = listener }
}
