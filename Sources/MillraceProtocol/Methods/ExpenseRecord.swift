import Decimals
import JSONCodec

/// An expense as callers know it.
public struct ExpenseRecord: Sendable, Hashable {
    /// The caller's own, 1 to 200 bytes.
    public var id: String
    /// The account whose preferences, patterns and rules apply; without one the shared ones.
    public var owner: String?
    /// As booked.
    public var merchantName: String?
    /// Stands in where there is no name.
    public var merchantNormalized: String?
    /// What else is said.
    public var description: String?
    /// Negative for money that came back.
    public var amount: ExactDecimal?
    /// Three capital letters.
    public var currency: String?
    /// A day such as 2026-11-21, or a time such as 2026-11-21T09:30:00Z, of which hour and minute are taken as they
    /// stand.
    public var transactionDate: String?

    public init(
        id: String, owner: String? = nil, merchantName: String? = nil, merchantNormalized: String? = nil,
        description:
            String? = nil, amount: ExactDecimal? = nil, currency: String? = nil, transactionDate: String? = nil
    ) {
        self.id = id
        self.owner = owner
        self.merchantName = merchantName
        self.merchantNormalized = merchantNormalized
        self.description = description
        self.amount = amount
        self.currency = currency
        self.transactionDate = transactionDate
    }
}

extension ExpenseRecord: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: String?
        var owner: String?
        var merchantName: String?
        var merchantNormalized: String?
        var description: String?
        var amount: ExactDecimal?
        var currency: String?
        var transactionDate: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.string()
            case "owner": owner = try json.string()
            case "merchant_name": merchantName = try json.string()
            case "merchant_normalized": merchantNormalized = try json.string()
            case "description": description = try json.string()
            case "amount": amount = try json.decimal()
            case "currency": currency = try json.string()
            case "transaction_date": transactionDate = try json.string()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            id: try json.require(id, "id"), owner: owner, merchantName: merchantName,
            merchantNormalized:
                merchantNormalized, description: description, amount: amount, currency: currency,
            transactionDate:
                transactionDate)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("owner", ifPresent: owner)
            $0.member("merchant_name", ifPresent: merchantName)
            $0.member("merchant_normalized", ifPresent: merchantNormalized)
            $0.member("description", ifPresent: description)
            $0.member("amount", ifPresent: amount)
            $0.member("currency", ifPresent: currency)
            $0.member("transaction_date", ifPresent: transactionDate)
        }
    }
}

/// What is asked of a decision; what is left out stays as configured.
public struct CategorizeOptions: Sendable, Hashable {
    /// Below it there is no answer.
    public var minConfidence: Double?
    /// From it on the category is stored.
    public var autoCategorizeThreshold: Double?
    /// From it on the confidence level of an answer is high; very_high begins at 0.95, or at this where it is higher.
    public var highConfidenceThreshold: Double?
    /// Whether other categories are told.
    public var includeAlternatives: Bool?
    /// How many of them.
    public var maxAlternatives: Int?
    /// Whether preferences are asked first.
    public var checkUserPreferences: Bool?
    /// Whether a sure answer is stored.
    public var autoUpdate: Bool?
    /// Milliseconds for one decision.
    public var timeoutMs: Int?

    public init(
        minConfidence: Double? = nil, autoCategorizeThreshold: Double? = nil, highConfidenceThreshold: Double? = nil,
        includeAlternatives: Bool? = nil, maxAlternatives: Int? = nil, checkUserPreferences: Bool? = nil,
        autoUpdate:
            Bool? = nil, timeoutMs: Int? = nil
    ) {
        self.minConfidence = minConfidence
        self.autoCategorizeThreshold = autoCategorizeThreshold
        self.highConfidenceThreshold = highConfidenceThreshold
        self.includeAlternatives = includeAlternatives
        self.maxAlternatives = maxAlternatives
        self.checkUserPreferences = checkUserPreferences
        self.autoUpdate = autoUpdate
        self.timeoutMs = timeoutMs
    }
}

extension CategorizeOptions: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var minConfidence: Double?
        var autoCategorizeThreshold: Double?
        var highConfidenceThreshold: Double?
        var includeAlternatives: Bool?
        var maxAlternatives: Int?
        var checkUserPreferences: Bool?
        var autoUpdate: Bool?
        var timeoutMs: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "min_confidence": minConfidence = try json.double()
            case "auto_categorize_threshold": autoCategorizeThreshold = try json.double()
            case "high_confidence_threshold": highConfidenceThreshold = try json.double()
            case "include_alternatives": includeAlternatives = try json.bool()
            case "max_alternatives": maxAlternatives = try json.int()
            case "check_user_preferences": checkUserPreferences = try json.bool()
            case "auto_update": autoUpdate = try json.bool()
            case "timeout_ms": timeoutMs = try json.int()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            minConfidence: minConfidence, autoCategorizeThreshold: autoCategorizeThreshold,
            highConfidenceThreshold:
                highConfidenceThreshold, includeAlternatives: includeAlternatives, maxAlternatives: maxAlternatives,
            checkUserPreferences: checkUserPreferences, autoUpdate: autoUpdate, timeoutMs: timeoutMs)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("min_confidence", ifPresent: minConfidence)
            $0.member("auto_categorize_threshold", ifPresent: autoCategorizeThreshold)
            $0.member("high_confidence_threshold", ifPresent: highConfidenceThreshold)
            $0.member("include_alternatives", ifPresent: includeAlternatives)
            $0.member("max_alternatives", ifPresent: maxAlternatives)
            $0.member("check_user_preferences", ifPresent: checkUserPreferences)
            $0.member("auto_update", ifPresent: autoUpdate)
            $0.member("timeout_ms", ifPresent: timeoutMs)
        }
    }
}

/// A category that came into question.
public struct CategoryAlternative: Sendable, Hashable {
    public var categoryID: Int64
    public var categoryName: String
    public var confidence: Double

    public init(categoryID: Int64, categoryName: String, confidence: Double) {
        self.categoryID = categoryID
        self.categoryName = categoryName
        self.confidence = confidence
    }
}

extension CategoryAlternative: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var categoryID: Int64?
        var categoryName: String?
        var confidence: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "category_id": categoryID = try json.int64()
            case "category_name": categoryName = try json.string()
            case "confidence": confidence = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            categoryID: try json.require(categoryID, "category_id"),
            categoryName: try json.require(
                categoryName,
                "category_name"), confidence: try json.require(confidence, "confidence"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("category_id", categoryID)
            $0.member("category_name", categoryName)
            $0.member("confidence", confidence)
        }
    }
}

/// What one factor adds to a confidence.
public struct ConfidencePart: Sendable, Hashable {
    public var value: Double
    public var weight: Double
    public var contribution: Double
    /// Of the sum of all.
    public var percentage: Double

    public init(value: Double, weight: Double, contribution: Double, percentage: Double) {
        self.value = value
        self.weight = weight
        self.contribution = contribution
        self.percentage = percentage
    }
}

extension ConfidencePart: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var value: Double?
        var weight: Double?
        var contribution: Double?
        var percentage: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "value": value = try json.double()
            case "weight": weight = try json.double()
            case "contribution": contribution = try json.double()
            case "percentage": percentage = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            value: try json.require(value, "value"), weight: try json.require(weight, "weight"),
            contribution: try json.require(contribution, "contribution"),
            percentage: try json.require(percentage, "percentage"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("value", value)
            $0.member("weight", weight)
            $0.member("contribution", contribution)
            $0.member("percentage", percentage)
        }
    }
}
