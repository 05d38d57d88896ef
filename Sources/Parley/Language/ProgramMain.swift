internal import Glibc
internal import ParleyBase

extension SecureProgram {
  /// Runs the body of a command-line program. An error of Parley is printed on standard error as `parley` prints it, with
  /// code and remedy, and ends the process with that code's exit code (docs/exit-codes.md), where an error that leaves
  /// the top level of a Swift program would end it with a trap and a backtrace.
  ///
  /// Other errors end the process with exit code 1.
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
