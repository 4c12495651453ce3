import Linux
import MillraceProtocol
import MillraceRPC

/// The wire side of the categorizer.
extension ExpenseCategorizer {
    func register(on router: inout RPCRouter) {
        router.on(ExpenseCategorize.self) { params, context async throws in
            try await self.categorize(params, correlation: context.correlationId)
        }
        router.on(ExpenseCategorizeBatch.self) { params, context async throws in
            try await self.categorizeBatch(params, batch: context.correlationId)
        }
        router.on(ExpenseLearn.self) { params, context async throws in
            try await self.learn(params, by: Self.user(context.peer))
        }
        router.on(ExpenseExplain.self) { params, context async throws in
            try await self.explain(params, correlation: context.correlationId)
        }
        router.on(ExpenseSuggest.self) { params, _ in try self.suggest(params) }
        router.on(ExpenseImport.self) { params, context async throws in
            try await self.importHistory(params, by: Self.user(context.peer))
        }
        router.on(ExpenseList.self) { params, _ async throws in try await self.list(params) }
        router.on(CategoryPut.self) { params, _ async throws in try await self.put(params) }
        router.on(CategoryList.self) { _, _ async throws in try await self.categories() }
        registerPatterns(on: &router)
        registerBulk(on: &router)
        registerModels(on: &router)
    }

    private func registerPatterns(on router: inout RPCRouter) {
        router.on(PatternPut.self) { params, context async throws in
            try await self.put(params, by: Self.user(context.peer))
        }
        router.on(PatternRemove.self) { params, context async throws in
            PatternRemove.Result(removed: try await self.remove(params, by: Self.user(context.peer)))
        }
        router.on(PatternList.self) { params, _ in try self.list(params) }
        router.on(PatternTest.self) { params, _ async throws in try await self.test(params) }
        router.on(PatternLint.self) { params, _ async throws in try await self.lint(params) }
        router.on(PreferencePut.self) { params, _ async throws in try await self.put(params) }
        router.on(PreferenceList.self) { params, _ in try self.list(params) }
    }

    private func registerBulk(on router: inout RPCRouter) {
        router.on(BulkPreview.self) { params, _ async throws in try await self.preview(params) }
        router.on(BulkSuggest.self) { params, _ async throws in try await self.suggest(params) }
        router.on(BulkApply.self) { params, context async throws in
            try await self.apply(params, by: Self.user(context.peer))
        }
        router.on(BulkAuto.self) { params, context async throws in
            try await self.auto(params, by: Self.user(context.peer))
        }
        router.on(BulkUndo.self) { params, context async throws in
            try await self.undo(params.operation, by: Self.user(context.peer))
        }
        router.on(BulkList.self) { params, _ async throws in try await self.list(params) }
        router.on(BulkGroup.self) { params, _ async throws in try await self.group(params) }
        router.on(BulkExport.self) { params, _ async throws in try await self.export(params) }
    }

    private func registerModels(on router: inout RPCRouter) {
        router.on(ModelShow.self) { _, _ async throws in try await self.models() }
        router.on(ModelRebuild.self) { params, _ async throws in
            ModelRebuild.Result(model: try await self.rebuild(wait: params.wait ?? false))
        }
        router.on(ModelRollback.self) { _, _ async throws in
            ModelRollback.Result(model: try await self.rollBack())
        }
        router.on(ChatReserve.self) { params, _ async throws in try await self.reserveChat(params) }
        router.on(ChatSettle.self) { params, _ async throws in try await self.settleChat(params) }
        router.on(ChatShow.self) { _, _ async throws in try await self.showChat() }
        router.on(CategorizerConfigure.self) { params, _ in
            CategorizerConfigure.Result(options: try self.configure(params.options))
        }
        router.on(CategorizerReset.self) { _, _ async throws in
            CategorizerReset.Result(options: try await self.reset())
        }
    }

    /// Who teaches, by the name of the user at the other end.
    private static func user(_ peer: Peer) -> String {
        guard let uid = peer.credentials?.uid else { return "unknown" }
        return SystemUser.with(id: uid)?.name ?? "\(uid)"
    }
}
