internal import ParleyBase
internal import ParleyNetwork
internal import ParleyProgram
internal import Synchronization

/// Lowering follows operands, so a long chain of operations needs a deep stack: it gets a thread of its own with
/// more of it than the threads that callers usually are on, and a bound that it is refused above.
enum DeepLowering {
  /// Operations on the longest path from an input to a result.
  static let deepest = 4000

  static func lower(
    _ program: Program, for descriptor: EngineDescriptor, options: LoweringOptions = .init()
  ) throws(ParleyError) -> LoweredProgram {
    try check(program)
    let board = Board()
    let thread = try PartyThread(name: "lowering", stackBytes: 128 << 20) {
      do throws(ParleyError) {
        board.set(.success(try Lowering.lower(program, for: descriptor, options: options)))
      } catch {
        board.set(.failure(error))
      }
    }
    thread.join()
    guard let result = board.result else { throw ParleyError(.invariant, "lowering ended without a result") }
    return try result.get()
  }

  private final class Board: Sendable {
    private let state = Mutex<Result<LoweredProgram, ParleyError>?>(nil)
    func set(_ value: Result<LoweredProgram, ParleyError>) { state.withLock { $0 = value } }
    var result: Result<LoweredProgram, ParleyError>? { state.withLock { $0 } }
  }

  private static func check(_ program: Program) throws(ParleyError) {
    var depths: [Int] = []
    depths.reserveCapacity(program.nodes.count)
    for node in program.nodes {
      // Operands come before the nodes that use them.
      let depth = 1 + (node.operation.operands.map { depths[$0.rawValue] }.max() ?? 0)
      guard depth <= deepest else {
        throw ParleyError(
          .init("plan/too-deep"), "more than \(deepest) operations follow each other",
          at: node.origin.map { .init(item: $0) },
          remedy: "add and multiply in pairs, so that the longest chain is short")
      }
      depths.append(depth)
    }
  }
}
