import Linux
import MillraceStore

extension Failure {
    /// What went wrong with a database; `what` names what was being done, or the file.
    init(store error: any Error, _ what: String) {
        switch error {
        case let failure as Failure: self = failure
        case let error as StoreError: self.init(error.exitCode, "\(what): \(error.message)")
        case let error as SystemError: self.init(error)
        default: self.init(.software, "\(what): \(error)")
        }
    }
}
