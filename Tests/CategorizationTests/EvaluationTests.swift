import Linux
import Testing

@testable import Categorization

@Suite struct EvaluationTests {
    private let answers = [
        JudgedAnswer(truth: "a", answer: "a", probability: 0.9),
        JudgedAnswer(truth: "a", answer: "b", probability: 0.6),
        JudgedAnswer(truth: "b", answer: "b", probability: 0.8),
        JudgedAnswer(truth: "c", answer: "b", probability: 0.7),
    ]

    @Test func accuracyAndF1AreThoseOfTheTextbook() {
        let evaluation = Evaluation(answers)
        #expect(evaluation.accuracy == 0.5)
        // a: 2/3, b: 2·1/(1+3), c: 0.
        #expect(abs(evaluation.macroF1 - (2.0 / 3 + 0.5 + 0) / 3) < 1e-12)
    }

    @Test func coverageIsTheLargestShareThatKeepsThePrecision() {
        let evaluation = Evaluation(answers)
        #expect(evaluation.coverage(atPrecision: 0.95).share == 0.5)
        #expect(evaluation.coverage(atPrecision: 0.95).threshold == 0.8)
        #expect(evaluation.coverage(atPrecision: 0.5).share == 1)
        let tied = Evaluation([
            JudgedAnswer(truth: "a", answer: "a", probability: 0.9),
            JudgedAnswer(truth: "a", answer: "b", probability: 0.9),
        ])
        #expect(tied.coverage(atPrecision: 0.95).share == 0)
        #expect(evaluation.answered(from: 0.7).share == 0.75)
        #expect(abs(evaluation.answered(from: 0.7).precision - 2.0 / 3) < 1e-12)
    }

    @Test func theCalibrationErrorIsTheMeanDistanceOfItsBins() {
        let even = (0..<10).map { JudgedAnswer(truth: "a", answer: $0 < 7 ? "a" : "b", probability: 0.7) }
        #expect(Evaluation(even).calibrationError < 1e-9)
        let boastful = (0..<10).map { JudgedAnswer(truth: "a", answer: $0 < 7 ? "a" : "b", probability: 1) }
        #expect(abs(Evaluation(boastful).calibrationError - 0.3) < 1e-9)
        #expect(Evaluation(boastful).reliability.last?.count == 10)
    }

    @Test func confusionsComeByTheirNumber() {
        let evaluation = Evaluation(answers + [JudgedAnswer(truth: "c", answer: "b", probability: 0.1)])
        #expect(
            evaluation.confusions == [
                .init(truth: "c", answer: "b", count: 2), .init(truth: "a", answer: "b", count: 1),
            ])
    }

    @Test func nothingJudgedIsNothing() {
        let evaluation = Evaluation([])
        #expect(evaluation.accuracy == 0 && evaluation.macroF1 == 0 && evaluation.calibrationError == 0)
        #expect(evaluation.coverage(atPrecision: 0.95).share == 0)
    }

    @Test func aReportJudgesByGroupsAndCountsLabelsItCannotKnow() throws {
        var judge = InventedBooks.rows(300, seed: 2)
        judge[0].label = "never learned"
        let groups = judge.indices.map { $0 % 2 == 0 ? "even" : "odd" }
        let model = TextModel(InventedBooks.rows(600, seed: 1))
        let report = EvaluationReport(EvaluationReport.judge(judge, by: model), groups: groups, of: model)
        #expect(report.groups.map(\.name) == ["even", "odd"])
        #expect(report.groups.map(\.evaluation.count) == [150, 150])
        #expect(report.unknownLabels == 1)
        #expect(report.whole.accuracy > 0.95)
        let weighted = report.groups.reduce(0) { $0 + $1.evaluation.accuracy * Double($1.evaluation.count) } / 300
        #expect(abs(weighted - report.whole.accuracy) < 1e-12)
    }

    /// Every merchant came several times, and one kind is wrong from the ground up: the hardest for single corrections, each of
    /// which speaks for its own words and amounts. Real purchases are measured by `make accuracy`, within a point.
    @Test func aThousandCorrectionsAreWorthATrainingAnew() {
        let rows = InventedBooks.rows(2400, seed: 4)
        // Learned from books of which one kind is wrong: there is much to correct.
        let history = InventedBooks.rows(300, seed: 3).map { row in
            LabelledExample(row.example, label: row.label == "travel" ? "food" : row.label)
        }
        let trial = CorrectionTrial(TextModel(history), history: history, rows: rows, most: 1000)
        #expect(trial.corrections > 20 && trial.rightAtOnce == trial.corrections)
        #expect(trial.after > trial.before + 0.1)
        #expect(trial.after > trial.anew - 0.02)
    }

    @Test func aTableIsPartedIntoLearnedAndJudged() {
        let rows = InventedBooks.rows(1000, seed: 5)
        let split = HistorySplit(rows)
        #expect(split.learn.count + split.judge.count == 1000 && split.reasons.count == split.judge.count)
        #expect(Set(split.reasons) == Set(HistorySplit.Reason.allCases))
        let known = Set(split.learn.map { Features.merchantKey($0.example.texts) })
        let day = { (date: CivilDate?) in date?.daysSinceEpoch ?? .min }
        let last = split.learn.compactMap(\.example.date).max()
        for (row, reason) in zip(split.judge, split.reasons) {
            #expect(reason != .merchant || !known.contains(Features.merchantKey(row.example.texts)))
            #expect(reason != .period || day(row.example.date) > day(last))
        }
        // Rows without days have no later period.
        let undated = HistorySplit(rows.map { LabelledExample(TextExample(texts: $0.example.texts), label: $0.label) })
        #expect(!undated.reasons.contains(.period) && !undated.learn.isEmpty)
        #expect(HistorySplit([]).judge.isEmpty)
    }
}
