import BackOffice
import Testing

@testable import BackOfficeWorker

struct PoolSizeWarningTests {
    @Test(arguments: [("25", true), ("0", true), ("abc", true), ("10", false), ("", false)])
    func whatIsHeldWithinItsBoundsIsSaid(setting: String, warns: Bool) {
        let settings = BackOfficeSettings(environment: { $0 == PoolSize.variable ? setting : nil })
        #expect(settings.warnings.isEmpty != warns)
        if warns { #expect(settings.warnings[0].contains("=\(setting) ")) }
    }
}
