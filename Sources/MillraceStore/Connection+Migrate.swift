extension Connection {
    /// Before anything in the file is touched.
    func refuseFuture(_ migrations: [Migration], path: String) throws(StoreError) {
        let version = try integer("PRAGMA user_version")
        guard version > migrations.count else { return }
        throw StoreError(
            .fromTheFuture(version),
            "\(path) has schema version \(version), this program knows \(migrations.count): use the newer release")
    }

    /// Brings the schema up, each step in a transaction of its own.
    func migrate(_ migrations: [Migration], path: String) throws(StoreError) {
        guard try integer("PRAGMA user_version") < migrations.count else { return }
        try set("foreign_keys", to: 0)
        for migration in migrations { try apply(migration, path: path) }
        try set("foreign_keys", to: 1)
    }

    private func apply(_ migration: Migration, path: String) throws(StoreError) {
        try control("BEGIN IMMEDIATE")
        do throws(StoreError) {
            // Another process may have been here since.
            if try integer("PRAGMA user_version") < migration.version {
                // Statements are prepared for the tables that this connection has read of, which may be those before that
                // process came: "person has 1 columns but 2 values". A look at the schema has it read anew.
                try execute("SELECT 1 FROM sqlite_schema LIMIT 1")
                try execute(migration.sql)
                try execute("PRAGMA user_version = \(migration.version)")
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
