internal import Glibc
internal import ParleyBase

extension SecureProgram {
  /// Runs the body of a command-line program, and tells errors as `parley` does.
  ///
  /// An error of Parley is printed on standard error with code and remedy, and ends the process with the exit code of
  /// its category (docs/exit-codes.md). Other errors end it with exit code 1. Without this, an error that leaves the
  /// top level of a Swift program ends it with a trap and a backtrace.
  ///
  /// - Parameter body: the program.
  public static func main(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      let known = error as? ParleyError
      let text = Array("\(known.map(String.init(describing:)) ?? String(describing: error))\n".utf8)
      _ = text.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      exit(known?.exitCode ?? 1)
    }
  }
}
