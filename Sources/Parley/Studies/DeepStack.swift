internal import ParleyBase
internal import ParleyNetwork
internal import Synchronization

/// Work that follows the nesting of what a study asks for, and so needs a deep stack: it gets a thread of its own with more
/// of it than the threads that callers usually are on.
enum DeepStack {
  private static let bytes = 128 << 20

  static func run<Value: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws(ParleyError) -> Value
  ) throws(ParleyError) -> Value {
    let board = Board<Value>()
    let thread = try PartyThread(name: name, stackBytes: bytes) {
      do throws(ParleyError) { board.set(.success(try body())) } catch { board.set(.failure(error)) }
    }
    thread.join()
    guard let result = board.result else { throw ParleyError(.invariant, "\(name) ended without a result") }
    return try result.get()
  }

  private final class Board<Value: Sendable>: Sendable {
    private let state = Mutex<Result<Value, ParleyError>?>(nil)
    func set(_ value: Result<Value, ParleyError>) { state.withLock { $0 = value } }
    var result: Result<Value, ParleyError>? { state.withLock { $0 } }
  }
}
