import CSQLite

extension Connection {
    /// Before anything in the file is touched.
    func refuseForeign(_ migrations: [Migration], path: String) throws(StoreError) {
        let (identity, own) = (try integer("PRAGMA application_id"), Migration.identity(of: migrations))
        guard identity == 0 || own == 0 || identity == own else {
            throw StoreError(
                .foreign,
                "\(path) is another database than the one that belongs here (its application_id is \(identity), not \(own)): "
                    + "put the right one back, `millctl restore` does it from a backup")
        }
        // Before the version: who makes the file at this moment writes both at once.
        let tables = try self.tables()
        let version = try integer("PRAGMA user_version")
        guard version <= migrations.count else {
            throw StoreError(
                .fromTheFuture(version),
                "\(path) has schema version \(version), this program knows \(migrations.count): use the newer release")
        }
        guard identity == 0, own != 0 else { return }
        if version == 0 {
            guard let table = tables.first else { return }
            throw Self.foreign(path, "it has a table \(table) of another program")
        }
        // It was made before a file said whose it is, so what is in it has to say that.
        let missing = try Self.tables(after: migrations.prefix(version)).first { !tables.contains($0) }
        guard let missing, try integer("PRAGMA application_id") != own else { return }
        throw Self.foreign(path, "it has no table \(missing)")
    }

    private static func foreign(_ path: String, _ reason: String) -> StoreError {
        StoreError(
            .foreign,
            "\(path) is another database than the one that belongs here (\(reason)): put the right one in its place")
    }

    /// By name.
    private func tables() throws(StoreError) -> [String] {
        try strings("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    }

    /// Those that such a history makes.
    private static func tables(after migrations: ArraySlice<Migration>) throws(StoreError) -> [String] {
        let model = try Connection(path: ":memory:", flags: SQLITE_OPEN_READWRITE)
        for migration in migrations { try model.execute(migration.sql) }
        return try model.tables()
    }

    /// Brings the schema up, each step in a transaction of its own.
    func migrate(_ migrations: [Migration], path: String) throws(StoreError) {
        let identity = Migration.identity(of: migrations)
        guard try integer("PRAGMA user_version") < migrations.count else { return try mark(identity) }
        try set("foreign_keys", to: 0)
        for migration in migrations { try apply(migration, identity, path: path) }
        try set("foreign_keys", to: 1)
    }

    /// Says whose a file is that was made before that was said.
    private func mark(_ identity: Int) throws(StoreError) {
        guard identity != 0, try integer("PRAGMA application_id") == 0 else { return }
        do throws(StoreError) {
            try control("BEGIN IMMEDIATE")
            try execute("PRAGMA application_id = \(identity)")
            try control("COMMIT")
        } catch {
            rollBack()
            // Where nothing can be written just now, whoever opens it next does it.
            guard error.kind == .full || error.kind == .busy || error.kind == .readOnly else { throw error }
        }
    }

    private func apply(_ migration: Migration, _ identity: Int, path: String) throws(StoreError) {
        try control("BEGIN IMMEDIATE")
        do throws(StoreError) {
            // Another process may have been here since.
            if try integer("PRAGMA user_version") < migration.version {
                // Statements are prepared for the tables that this connection has read of, which may be those before that
                // process came: "person has 1 columns but 2 values". A look at the schema has it read anew.
                try execute("SELECT 1 FROM sqlite_schema LIMIT 1")
                try execute(migration.sql)
                try execute("PRAGMA user_version = \(migration.version)")
                try execute("PRAGMA application_id = \(identity)")
                let broken = try strings("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")
                guard broken.isEmpty else {
                    throw StoreError(.constraint(.foreignKey), "foreign keys do not hold in \(broken)")
                }
            }
            try control("COMMIT")
        } catch {
            rollBack()
            throw StoreError(
                .migration(migration.version),
                "\(path): migration \(migration.version) (\(migration.name)): \(error.message)",
                sqliteCode: error.sqliteCode, sql: error.sql)
        }
    }
}
