import BackOffice
import Linux

extension Failure {
    init(clinic error: ClinicError) {
        let exit: Exit =
            switch error {
            case .noClinic, .noSlot, .noSync, .noPeriod, .noBooking: .noInput
            case .full, .busy, .timedOut, .notWritten: .temporaryFailure
            case .noCalendar, .zone, .range, .notConfigured, .cancelledBooking: .dataError
            case .hours, .setting, .noClient: .usage
            }
        self.init(exit, "\(error)")
    }
}
