import BackOffice
import Linux

extension Failure {
    init(clinic error: ClinicError) {
        let exit: Exit =
            switch error {
            case .noClinic, .noSlot, .noSync: .noInput
            case .full, .busy, .timedOut, .notWritten: .temporaryFailure
            case .noCalendar, .zone, .range: .dataError
            }
        self.init(exit, "\(error)")
    }
}
