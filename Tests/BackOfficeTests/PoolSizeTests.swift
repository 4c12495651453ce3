import BackOffice
import Testing

@Suite struct PoolSizeTests {
    @Test(
        arguments: [
            (nil, 5), ("10", 10), ("0", 1), ("25", 20), ("-5", 1), ("1000", 20), ("abc", 5), ("", 5), ("1", 1),
            ("20", 20),
            ("7.5", 5), (" 7", 5), ("99999999999999999999999", 5),
        ] as [(String?, Int)])
    func settingIsClampedAndNonsenseIsTheStandard(setting: String?, workers: Int) {
        #expect(PoolSize(setting: setting).workers == workers)
    }

    @Test(arguments: [(0, 5), (1, 1), (5, 5), (21, 20), (-1, 1)])
    func nobodyChoosingIsTheStandard(number: Int, workers: Int) {
        #expect(PoolSize(configured: number).workers == workers)
    }

    @Test func thereAreNeverMoreWorkersThanContractors() {
        #expect(PoolSize(configured: 20).workers(for: 3) == 3)
        #expect(PoolSize(configured: 5).workers(for: 300) == 5)
        #expect(PoolSize(configured: 5).workers(for: 0) == 1)
    }
}
