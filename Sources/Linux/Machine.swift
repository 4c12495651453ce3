import Glibc

/// Facts about the machine and the running program.
public enum Machine {
    /// Different after every boot; empty where the kernel does not say.
    public static let bootID: String = {
        do throws(SystemError) {
            let text = try Files.readText("/proc/sys/kernel/random/boot_id")
            return String(text.prefix { $0 != "\n" })
        } catch {
            return ""
        }
    }()

    /// What the machine calls itself, with or without a domain; empty where the kernel does not say.
    public static var hostName: String {
        do throws(SystemError) {
            return trimmed(try Files.readText("/proc/sys/kernel/hostname"))
        } catch {
            return ""
        }
    }

    /// The absolute path of the program this process runs; empty where the kernel does not say.
    public static let executable: String = {
        guard let path = realpath("/proc/self/exe", nil) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }()
}
