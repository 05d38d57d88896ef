import Foundation
import Parley
import ParleyAdditive
import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTransfer

/// Oblivious transfer between two parties, and triples made of it: as processes over TLS, or as threads over memory.
struct TransferBench {
  /// What is measured.
  enum Scenario: String, CaseIterable {
    /// Correlated transfers with random choices; the set-up is not part of it.
    case correlated = "cot"
    /// 128 base transfers.
    case base = "base-ot"
    /// Triples of words, everything included.
    case triples

    var defaultSize: Int {
      switch self {
      case .correlated: 10_000_000
      case .base: 128
      case .triples: 100_000
      }
    }
  }

  var scenario: Scenario
  var size: Int
  var repetitions: Int
  var shape: TransferShape

  static let scenarios = Scenario.allCases.map(\.rawValue)

  func run(_ transport: String) throws -> BenchResult {
    let reports = try LinkBench.pair(
      scenario.rawValue, bytes: size, repetitions: repetitions, transport,
      arguments: ["--field-bits", String(shape.depth)]
        + (shape.security == .malicious ? ["--security", "malicious"] : [])
    ) { try party(over: $0) }
    guard reports.allSatisfy(\.measurement.isCorrect) else { throw ComputeBench.wrongResult }
    // A repetition takes as long as its slower party.
    let seconds = (0..<repetitions).map { index in reports.map { $0.measurement.seconds[index] }.max() ?? 0 }
      .median
    var result = LinkBench.result(
      scenario.rawValue, bytes: size, repetitions: repetitions, transport, reports)
    result.seconds = seconds
    result.protocol = scenario == .triples ? "additive" : "transfer"
    result.security = shape.security == .malicious ? "malicious" : "semi-honest"
    let rate = Double(size) / seconds
    let note =
      switch scenario {
      case .correlated: String(format: "k = %d, %.1f million rows a second", shape.depth, rate / 1e6)
      case .base: String(format: "%.1f ms for %d", 1000 * seconds, size)
      case .triples: String(format: "%.0f triples a second", rate)
      }
    result.notes = [note]
    return result
  }

  /// One of the two.
  func party(over mesh: any MessageLinks) throws(ParleyError) -> BenchParty.Measurement {
    var seconds: [Double] = []
    var isCorrect = true
    let before = mesh.meter.reading
    let source = TransferredTriples(party: mesh.local, sessionID: Self.session)
    var pair = scenario == .correlated ? try CorrelatedPair(shape, over: mesh) : nil
    for repetition in 0...repetitions {
      // Both begin together.
      try barrier(repetition, over: mesh)
      let start = ContinuousClock.now
      switch scenario {
      case .correlated: isCorrect = try (pair?.extend(size, repetition, over: mesh) ?? false) && isCorrect
      case .base: try base(repetition, over: mesh)
      case .triples: isCorrect = try triples(source, repetition, over: mesh) && isCorrect
      }
      let time = start.duration(to: .now).seconds
      if repetition > 0 { seconds.append(time) }
    }
    pair = nil
    let after = mesh.meter.reading
    let sent = zip(after.sentBytes, before.sentBytes).map { $0 - $1 }.reduce(0, +)
    return BenchParty.Measurement(
      seconds: seconds, sentBytes: (sent + after.offline.sentBytes.reduce(0, +)) / (repetitions + 1),
      rounds: max(after.rounds, after.offline.rounds) / (repetitions + 1),
      peakMemory: ProcessResources.peakMemoryBytes ?? 0, isCorrect: isCorrect)
  }

  private func barrier(_ repetition: Int, over mesh: any MessageLinks) throws(ParleyError) {
    let peer = PartyIndex(1 - mesh.local.rawValue), step = StepID(instruction: 1, sub: repetition)
    try mesh.send(step: step, to: peer, bytes: [0])
    try mesh.flush()
    let byte = Storage<UInt8>(uninitialized: 1)
    try mesh.receive(step: step, from: peer, into: byte.bytes)
  }

  static let session = [UInt8](repeating: 7, count: 32)

  private func base(_ repetition: Int, over mesh: any MessageLinks) throws(ParleyError) {
    let context = TransferContext(
      sessionID: Self.session, sender: PartyIndex(0), receiver: PartyIndex(1), set: UInt32(repetition))
    let step = StepID(instruction: 2, sub: repetition), kind = BaseTransferKind.endemic
    if mesh.local.rawValue == 1 {
      let choices = Storage<UInt8>(uninitialized: size)
      SecureRandom.fill(choices.bytes)
      let receiver = try BaseTransferReceiver(choices: choices, kind: kind, context: context)
      try mesh.send(step: step, to: PartyIndex(0), bytes: receiver.offer)
      try mesh.flush()
      let reply = Storage<UInt8>(uninitialized: size * BaseTransferKind.replyBytes)
      try mesh.receive(step: step, from: PartyIndex(0), into: reply.bytes)
      _ = try receiver.finish(reply.array)
    } else {
      let offer = Storage<UInt8>(uninitialized: size * kind.offerBytes)
      try mesh.receive(step: step, from: PartyIndex(1), into: offer.bytes)
      let sender = try BaseTransferSender(offer: offer.array, count: size, kind: kind, context: context)
      try mesh.send(step: step, to: PartyIndex(1), bytes: sender.reply)
      try mesh.flush()
    }
  }

  /// - Returns: whether the last triple is one.
  private func triples(
    _ source: TransferredTriples, _ repetition: Int, over mesh: any MessageLinks
  ) throws(ParleyError) -> Bool {
    let step = StepID(instruction: 3, sub: repetition), peer = PartyIndex(1 - mesh.local.rawValue)
    let demand = CorrelationDemand([.init(step, .wordTriple, size)])
    var stock = CorrelationStock<UInt64>()
    let flights = source.offlineTraffic(perWord: 8).flights.count
    for flight in 0...flights {
      if let prepared = try source.prepare(demand, of: UInt64.self, flight: flight, over: mesh) {
        try stock.fill(demand, with: prepared)
      }
      try mesh.flush()
    }
    let last = size - 1
    let own = try stock.wordTriples(size, step: step).mask { _, _ in }.finish { a, b, c in
      [a[last], b[last], c[last]]
    }
    try mesh.send(step: step, to: peer, bytes: own.withUnsafeBytes { Array($0) })
    try mesh.flush()
    let other = Storage<UInt64>(uninitialized: 3)
    try mesh.receive(step: step, from: peer, into: other.bytes)
    return (own[0] &+ other[0]) &* (own[1] &+ other[1]) == own[2] &+ other[2]
  }
}

/// One side of an extension that has been set up: party 0 is the sender.
private final class CorrelatedPair {
  private let sender: CorrelatedSender?
  private let receiver: CorrelatedReceiver?
  /// Rows that are checked together: few enough to stay in a cache, and many enough for their messages.
  private static let batch = 1 << 17
  private var batches = 0

  init(_ shape: TransferShape, over mesh: any MessageLinks) throws(ParleyError) {
    let context = TransferContext(
      sessionID: TransferBench.session, sender: PartyIndex(0), receiver: PartyIndex(1), set: 0)
    let step = StepID(instruction: 2)
    let pool = BufferPool(limit: 1 << 28)
    if mesh.local.rawValue == 0 {
      let sender = CorrelatedSender(shape: shape, context: context, pool: pool)
      try sender.openSetUp(over: mesh, step: step)
      try mesh.flush()
      try sender.finishSetUp(over: mesh, step: step)
      (self.sender, receiver) = (sender, nil)
    } else {
      let receiver = CorrelatedReceiver(shape: shape, context: context, pool: pool)
      try receiver.setUp(over: mesh, step: step)
      try mesh.flush()
      (sender, self.receiver) = (nil, receiver)
    }
  }

  /// So many rows, in batches of which two are under way: while one is checked the next is on the link.
  ///
  /// - Returns: whether the last row is what it should be, which costs one comparison.
  func extend(_ size: Int, _ repetition: Int, over mesh: any MessageLinks) throws(ParleyError) -> Bool {
    let count = (size + Self.batch - 1) / Self.batch
    func step(_ batch: Int) -> StepID { StepID(instruction: 16 + batches + batch) }
    func rows(_ batch: Int) -> Int { min(Self.batch, size - batch * Self.batch) }
    var last: [UInt64] = []
    if let sender {
      var waiting: ProvisionalSenderRows?
      for batch in 0...count {
        var next: ProvisionalSenderRows?
        if batch < count {
          var provisional = try sender.receive(
            rows: rows(batch), hasChoices: false, over: mesh, step: step(batch))
          try sender.challenge(&provisional, over: mesh, step: step(batch))
          try mesh.flush()
          next = consume provisional
        }
        if let before = waiting.take() {
          let out = try sender.release(before, over: mesh, step: step(batch - 1)).correlated()
          try mesh.flush()
          let at = 2 * rows(batch - 1) - 2
          last = [out.rows[at], out.rows[at + 1], out.delta[0], out.delta[1]]
        }
        waiting = consume next
      }
    } else if let receiver {
      var sent: ProvisionalReceiverRows?
      var answered: ProvisionalReceiverRows?
      for batch in 0..<count + 2 {
        var next: ProvisionalReceiverRows?
        if batch < count {
          next = try receiver.send(rows: rows(batch), choices: nil, over: mesh, step: step(batch))
          try mesh.flush()
        }
        let current = sent.take()
        if let current {
          try receiver.answer(current, over: mesh, step: step(batch - 1))
          try mesh.flush()
          if let before = answered.take() {
            last = try finish(receiver, before, rows(batch - 2), over: mesh, step: step(batch - 2))
          }
          answered = consume current
        } else if let before = answered.take() {
          last = try finish(receiver, before, rows(batch - 2), over: mesh, step: step(batch - 2))
        }
        sent = consume next
      }
    }
    batches += count
    return try agree(last, repetition, over: mesh)
  }

  private func finish(
    _ receiver: CorrelatedReceiver, _ rows: consuming ProvisionalReceiverRows, _ count: Int,
    over mesh: any MessageLinks,
    step: StepID
  ) throws(ParleyError) -> [UInt64] {
    let out = try receiver.release(rows, over: mesh, step: step).correlated()
    let row = count - 1
    return [out.rows[2 * row], out.rows[2 * row + 1], 0 &- (out.choices[row / 64] >> UInt64(row % 64) & 1), 0]
  }

  private func agree(_ last: [UInt64], _ repetition: Int, over mesh: any MessageLinks) throws(ParleyError) -> Bool
  {
    let peer = PartyIndex(1 - mesh.local.rawValue), step = StepID(instruction: 3, sub: repetition)
    try mesh.send(step: step, to: peer, bytes: last.withUnsafeBytes { Array($0) })
    try mesh.flush()
    let other = Storage<UInt64>(uninitialized: 4)
    try mesh.receive(step: step, from: peer, into: other.bytes)
    let (sent, got) = sender == nil ? (other.array, last) : (last, other.array)
    return sent[0] ^ got[0] == sent[2] & got[2] && sent[1] ^ got[1] == sent[3] & got[2]
  }
}
