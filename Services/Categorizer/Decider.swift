import Categorization
import Linux
import MillraceProtocol

/// Decides, and puts what it decided into the words of the wire.
struct Decider: Sendable {
    let library: Library
    let options: DecisionOptions
    /// For one decision.
    let timeout: Duration
    let time: any TimeSource

    /// The answer for one expense; what is wrong with the expense is an answer too.
    func decide(_ record: ExpenseRecord, correlation: String, _ bench: inout Bench) -> CategorizationResult {
        let start = time.boot()
        let decision: Decision
        do {
            decision = library.categorizer.decide(
                try record.expense(), options, cache: &bench.cache, scratch: &bench.scratch)
        } catch {
            return failure(.validation, "\(error.rpcError.message)", of: record.id, since: start, correlation)
        }
        if let error = decision.error {
            return failure(.validation, "\(error)", of: record.id, since: start, correlation)
        }
        if time.boot() - start > timeout {
            return failure(
                .timeout, "no answer within \(timeout.milliseconds) ms", of: record.id, since: start, correlation)
        }
        return result(of: decision, record, since: start, correlation)
    }

    func result(
        of decision: Decision, _ record: ExpenseRecord, since start: Duration, _ correlation: String
    ) -> CategorizationResult {
        var result = plainResult(of: decision, record.id, since: start, correlation)
        if decision.category == nil, ChatSettle.confidence >= options.minimumConfidence,
            let said = library.advice(for: record)
        {
            result.categoryID = said.category.value
            result.categoryName = library.name(said.category)
            result.confidence = ChatSettle.confidence
            result.confidenceLevel = level(result.confidence)
            result.method = "chat"
            result.patternsUsed = ["chat:\(said.model)"]
            result.suggestions = []
        }
        return result
    }

    private func plainResult(
        of decision: Decision, _ id: String, since start: Duration, _ correlation: String
    ) -> CategorizationResult {
        CategorizationResult(
            categoryID: decision.category?.value, categoryName: decision.category.map(library.name),
            confidence: decision.confidence, confidenceLevel: level(decision.confidence),
            method: decision.method.rawValue,
            patternsUsed: decision.patternsUsed, confidenceBreakdown: decision.breakdown.map(Self.parts),
            alternativeCategories: decision.alternatives.map(view), suggestions: decision.suggestions.map(view),
            stored: false, processingTimeMs: elapsed(since: start), cacheHits: decision.cacheHits, error: nil,
            metadata: CategorizationMetadata(expenseID: id, patternsEvaluated: decision.patternsEvaluated),
            correlationID: correlation, createdAt: "\(time.wall())")
    }

    func level(_ confidence: Double) -> String {
        ConfidenceLevel(confidence, high: options.highConfidenceThreshold).rawValue
    }

    func failure(
        _ kind: CategorizationFault, _ message: String, of id: String, since start: Duration, _ correlation: String
    ) -> CategorizationResult {
        CategorizationResult(
            confidence: 0, confidenceLevel: ConfidenceLevel.veryLow.rawValue, method: DecisionMethod.error.rawValue,
            stored: false, processingTimeMs: elapsed(since: start), cacheHits: 0,
            error: CategorizationProblem(kind: kind, message: message),
            metadata: CategorizationMetadata(expenseID: id, patternsEvaluated: 0), correlationID: correlation,
            createdAt: "\(time.wall())")
    }

    func view(_ alternative: Alternative) -> CategoryAlternative {
        CategoryAlternative(
            categoryID: alternative.category.value, categoryName: library.name(alternative.category),
            confidence: alternative.confidence)
    }

    /// Milliseconds with two decimals, never 0: something was done.
    func elapsed(since start: Duration) -> Double {
        max(((time.boot() - start).seconds * 100_000).rounded() / 100, 0.01)
    }

    private static func parts(_ confidence: Confidence) -> [String: ConfidencePart] {
        let parts = confidence.parts.map { part in
            (
                part.factor.rawValue,
                ConfidencePart(
                    value: part.value.short, weight: part.weight.short, contribution: part.contribution.short,
                    percentage: (confidence.percentage(of: part) * 10).rounded() / 10)
            )
        }
        return Dictionary(parts, uniquingKeysWith: { first, _ in first })
    }
}

extension Double {
    /// Four decimals.
    var short: Double { (self * 10_000).rounded() / 10_000 }
}

extension CategorizeOptions {
    /// Those of `base` where this one says nothing.
    func over(_ base: CategorizeOptions) -> CategorizeOptions {
        CategorizeOptions(
            minConfidence: minConfidence ?? base.minConfidence,
            autoCategorizeThreshold: autoCategorizeThreshold ?? base.autoCategorizeThreshold,
            highConfidenceThreshold: highConfidenceThreshold ?? base.highConfidenceThreshold,
            includeAlternatives: includeAlternatives ?? base.includeAlternatives,
            maxAlternatives: maxAlternatives ?? base.maxAlternatives,
            checkUserPreferences: checkUserPreferences ?? base.checkUserPreferences,
            autoUpdate: autoUpdate ?? base.autoUpdate, timeoutMs: timeoutMs ?? base.timeoutMs)
    }

    /// What holds where nothing was configured.
    static let defaults: CategorizeOptions = {
        let options = DecisionOptions()
        return CategorizeOptions(
            minConfidence: options.minimumConfidence, autoCategorizeThreshold: options.autoCategorizeThreshold,
            highConfidenceThreshold: options.highConfidenceThreshold, includeAlternatives: options.includeAlternatives,
            maxAlternatives: options.maximumAlternatives, checkUserPreferences: options.checkUserPreferences,
            autoUpdate: options.autoUpdate, timeoutMs: 25)
    }()

    /// - Throws: ``CategorizerError/invalid(field:_:)`` for a number out of its range.
    func checked() throws(CategorizerError) -> Self {
        for (name, share) in [
            ("min_confidence", minConfidence), ("auto_categorize_threshold", autoCategorizeThreshold),
            ("high_confidence_threshold", highConfidenceThreshold),
        ] where !(share.map { (0...1).contains($0) } ?? true) {
            throw .invalid(field: "options.\(name)", "\(name) lies in 0 to 1")
        }
        for (name, number, range) in [
            ("max_alternatives", maxAlternatives, 0...20), ("timeout_ms", timeoutMs, 1...60_000),
        ] where !(number.map(range.contains) ?? true) {
            throw .invalid(field: "options.\(name)", "\(name) lies in \(range.lowerBound) to \(range.upperBound)")
        }
        return self
    }

    var decision: DecisionOptions {
        var options = DecisionOptions()
        options.minimumConfidence = minConfidence ?? options.minimumConfidence
        options.autoCategorizeThreshold = autoCategorizeThreshold ?? options.autoCategorizeThreshold
        options.highConfidenceThreshold = highConfidenceThreshold ?? options.highConfidenceThreshold
        options.includeAlternatives = includeAlternatives ?? options.includeAlternatives
        options.maximumAlternatives = maxAlternatives ?? options.maximumAlternatives
        options.checkUserPreferences = checkUserPreferences ?? options.checkUserPreferences
        options.autoUpdate = autoUpdate ?? options.autoUpdate
        return options
    }

    var timeout: Duration { .milliseconds(timeoutMs ?? 25) }
}
