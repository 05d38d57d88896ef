internal import Glibc
internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import Synchronization

/// Tells the outside recipient of a test what will be opened; in a real run both sides know it from the program.
final class ShapeBoard: Sendable {
  enum Shape: Sendable {
    case words(Int)
    case planes(Int, Int)

    init<Arith, Plane>(_ value: Opened<Arith, Plane>) {
      switch value {
      case .arith(_, let count): self = .words(count)
      case .planes(let list, let count): self = .planes(list.count, count)
      }
    }
  }

  private let shapes = Mutex<[Shape]?>(nil)

  func set(_ value: [Shape]) { shapes.withLock { $0 = $0 ?? value } }

  /// Waits for party 0 to say what it opens; throws when the session has been aborted.
  func wait(_ mesh: any MessageLinks) throws(ParleyError) -> [Shape] {
    while true {
      try mesh.flush()
      if let value = shapes.withLock({ $0 }) { return value }
      usleep(100)
    }
  }
}
