package import ParleyBase

/// The correlated randomness that a run takes: by step, in the order in which every party takes it, and in all. It follows from
/// public sizes, so every party knows it before the first input.
///
/// Passes of loops and chunks of one length are written once, with the number of times and with what each time adds to the steps:
/// the demand of a run is as large as its program, whatever the number of passes and rows.
package struct CorrelationDemand: Sendable, Hashable {
  /// What one exchange takes.
  package struct Take: Sendable, Hashable {
    /// Step of the exchange.
    package var step: StepID
    /// What it takes.
    package var kind: CorrelationKind
    /// How much of it.
    package var count: Int
    /// What the exchange at `step` takes.
    package init(_ step: StepID, _ kind: CorrelationKind, _ count: Int) {
      (self.step, self.kind, self.count) = (step, kind, count)
    }
  }
  /// One take, or the same takes several times.
  package indirect enum Part: Sendable, Hashable {
    /// One take; within ``times(_:stride:_:)`` with the step of the first time.
    case take(Take)
    /// So many times the same, each time at steps whose raw value is larger by `stride`.
    case times(Int, stride: UInt64, [Part])
  }

  /// In the order in which every party takes them.
  package private(set) var parts: [Part] = []
  /// Correlations in all, by kind.
  package private(set) var amounts: [CorrelationKind: Int] = [:]

  /// Nothing is taken.
  package init() {}
  init(_ parts: [Part]) {
    self.parts = parts
    count(parts, times: 1)
  }

  /// - Parameter takes: in the order in which they happen.
  package init(_ takes: [Take]) { self.init(takes.filter { $0.count > 0 }.map { .take($0) }) }

  private mutating func count(_ parts: [Part], times: Int) {
    for part in parts {
      switch part {
      case .take(let take): amounts[take.kind, default: 0] += times * take.count
      case .times(let more, _, let inner): count(inner, times: times * more)
      }
    }
  }

  /// Whether nothing is taken.
  package var isEmpty: Bool { parts.isEmpty }
  /// Correlations of all kinds together.
  package var total: Int { amounts.values.reduce(0, +) }
  /// Kinds and amounts, in an order that is the same everywhere.
  package var sorted: [(kind: CorrelationKind, count: Int)] {
    amounts.map { (kind: $0.key, count: $0.value) }.sorted { $0.kind.description < $1.kind.description }
  }
  /// What one party keeps of it.
  package func bytes(perWord: Int) -> Int {
    amounts.reduce(0) { $0 + $1.value * $1.key.bytes(perWord: perWord) }
  }

  /// How much of what a message's size counts.
  func count(of unit: OfflineTraffic.Unit) -> Int {
    func elements(_ part: ((left: Int, right: Int, result: Int)) -> Int) -> Int {
      amounts.reduce(0) { total, entry in
        if case .matrixTriple = entry.key { total + entry.value * part(entry.key.elements) } else { total }
      }
    }
    return switch unit {
    case .run: isEmpty ? 0 : 1
    case .wordTriples: amounts[.wordTriple] ?? 0
    case .bitTripleWords: amounts[.bitTripleWord] ?? 0
    case .leftElements: elements(\.left)
    case .rightElements: elements(\.right)
    case .resultElements: elements(\.result)
    case .matrixTerms:
      amounts.reduce(0) { total, entry in
        guard case .matrixTriple(let rows, let inner, let columns) = entry.key else { return total }
        return total + entry.value * rows * inner * columns
      }
    }
  }

  /// Every take, one after the other: all passes, all chunks.
  package var takes: Cursor { Cursor(parts) }

  /// Goes through the takes of a demand without writing them all down.
  package struct Cursor: Sequence, IteratorProtocol, Sendable {
    private struct Level {
      let parts: [Part]
      var index = 0
      /// Times that are left, this one included.
      var left: Int
      let stride: UInt64
      var offset: UInt64
    }
    private var levels: [Level]

    init(_ parts: [Part]) { levels = [Level(parts: parts, left: 1, stride: 0, offset: 0)] }

    package mutating func next() -> Take? {
      while let level = levels.last {
        let top = levels.count - 1
        guard level.index < level.parts.count else {
          if level.left > 1 {
            levels[top].left -= 1
            levels[top].index = 0
            levels[top].offset &+= level.stride
          } else {
            levels.removeLast()
          }
          continue
        }
        levels[top].index += 1
        switch level.parts[level.index] {
        case .take(var take):
          take.step = StepID(rawValue: take.step.rawValue &+ level.offset)
          return take
        case .times(let count, let stride, let parts):
          if count > 0, !parts.isEmpty {
            levels.append(Level(parts: parts, left: count, stride: stride, offset: level.offset))
          }
        }
      }
      return nil
    }
  }
}

extension CorrelationDemand {
  /// Of a run for tables of these rows.
  ///
  /// - Parameter principals: of the run; they change nothing.
  package init(of program: LoweredProgram, on descriptor: EngineDescriptor, rows: RowCounts, principals: Int) {
    // Openings take nothing, so that recipients do not matter.
    let disclosures = program.instructions.reduce(0) { count, instruction in
      switch instruction.kind {
      case .openArith(_, let index), .openPlanes(_, let index): max(count, index + 1)
      default: count
      }
    }
    let shape = RunShape(
      principals: max(principals, descriptor.parties),
      tables: rows.parts.map { $0.map { .init(holder: 0, rows: $0) } },
      recipients: Array(repeating: [], count: disclosures))
    self = CostModel.cost(of: program, on: descriptor, shape: shape).demand
  }
}

/// Writes a demand down while a program is gone through.
struct DemandRecorder {
  private var open: [[CorrelationDemand.Part]] = [[]]
  private var muted = 0
  /// What the passes and chunks under way add to the steps.
  var offset: UInt64 = 0
  /// The iteration of the steps.
  var level = 0

  var demand: CorrelationDemand { CorrelationDemand(open[0]) }

  mutating func take(_ instruction: Int, _ kind: CorrelationKind, _ count: Int) {
    guard muted == 0, count > 0 else { return }
    // A plan may be made for sizes that no run can have: nothing here traps.
    let step = UInt64(truncatingIfNeeded: instruction) << 40 | UInt64(truncatingIfNeeded: level) << 32
    open[open.count - 1].append(.take(.init(StepID(rawValue: step &+ offset), kind, count)))
  }

  /// What is taken from now on is taken several times,
  mutating func begin() { open.append([]) }
  /// the first time of which has been written down,
  mutating func mute() { muted += 1 }
  /// and so many times in all.
  mutating func end(times count: Int, stride: UInt64, isMuted: Bool) {
    if isMuted { muted -= 1 }
    guard let parts = open.popLast(), !parts.isEmpty else { return }
    open[open.count - 1].append(.times(count, stride: stride, parts))
  }
}
