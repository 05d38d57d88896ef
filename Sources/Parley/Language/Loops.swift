internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// A value that a loop takes from pass to pass: what the first pass starts from, and the range that it never leaves.
public struct Carried<Element: SecretElement> {
  let initial: SecretFormula
  /// Both ends, of a number.
  fileprivate let ends: (lower: Element, upper: Element)?

  fileprivate init(_ initial: SecretScalar<Element>, ends: (lower: Element, upper: Element)?) {
    self.initial = initial.formula
    self.ends = ends
  }
}

extension Carried where Element: SecretNumber & Comparable {
  /// A number, and the range that it never leaves.
  ///
  /// - Parameters:
  ///   - initial: where the first pass starts. A decimal number has as many places as this and the ends of the range need.
  ///   - range: where the value is before every pass and after the last: one pass must not be able to leave it, whatever it finds in it.
  public init(_ initial: SecretScalar<Element>, within range: ClosedRange<Element>) {
    self.init(initial, ends: (range.lowerBound, range.upperBound))
  }
}

extension Carried where Element == Bool {
  /// A bit, which needs no range.
  ///
  /// - Parameter initial: what the first pass finds.
  public init(_ initial: SecretScalar<Bool>) { self.init(initial, ends: nil) }
}

extension SecureProgram {
  /// `count` passes of `body`, which is written once and takes the carried values to those of the next pass:
  ///
  /// ```swift
  /// // The square root of n, which is 1 to 1000, by Newton's method.
  /// let root = study.repeating(12, carrying: Carried(n.decimal, within: 0.001...1000)) { x in
  ///   ((x + n.decimal.divided(by: x, places: 3)) * 0.5).rounded(places: 3).clamped(to: 0.001...1000)
  /// }
  /// ```
  ///
  /// What a pass computes costs what it costs `count` times, in rounds and in bytes; the program is no larger for it. A pass may read any value
  /// from outside, and contain one more loop; what does not depend on the carried values is computed once. Values of a pass are not to be used
  /// outside of it (`plan/repeat-scope`). With 0 passes the values are the initial ones.
  ///
  /// The program is refused (`plan/repeat-range`) where a carried value starts outside its range or where one pass can take it there: clamp it
  /// at the end of the pass.
  ///
  /// Under a minimum of the program, what comes out of a loop rests on everything that went in: on all carried values and on all that a pass
  /// reads. Rows of tables that protect somebody cannot go into a loop (`plan/release-loop`).
  ///
  /// - Parameters:
  ///   - count: public, 0 to 1,000,000; of a loop in a loop, all passes together.
  ///   - a: the carried value.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  ///   - body: called once, with the value as a pass finds it.
  public func repeating<A: SecretElement>(
    _ count: Int, carrying a: Carried<A>, file: String = #fileID, line: Int = #line,
    body: (SecretScalar<A>) -> SecretScalar<A>
  ) -> SecretScalar<A> {
    let loop = ProgramLoop(workshop, count, at: CallSite(file: file, line: line))
    loop.carry(a)
    loop.begin()
    loop.leave(body(loop.state(0)))
    loop.end()
    return loop.result(0)
  }

  /// A loop of a public number of passes with two carried values.
  public func repeating<A: SecretElement, B: SecretElement>(
    _ count: Int, carrying a: Carried<A>, _ b: Carried<B>, file: String = #fileID, line: Int = #line,
    body: (SecretScalar<A>, SecretScalar<B>) -> (SecretScalar<A>, SecretScalar<B>)
  ) -> (SecretScalar<A>, SecretScalar<B>) {
    let loop = ProgramLoop(workshop, count, at: CallSite(file: file, line: line))
    loop.carry(a)
    loop.carry(b)
    loop.begin()
    let next = body(loop.state(0), loop.state(1))
    loop.leave(next.0)
    loop.leave(next.1)
    loop.end()
    return (loop.result(0), loop.result(1))
  }

  /// A loop of a public number of passes with three carried values.
  public func repeating<A: SecretElement, B: SecretElement, C: SecretElement>(
    _ count: Int, carrying a: Carried<A>, _ b: Carried<B>, _ c: Carried<C>, file: String = #fileID,
    line: Int = #line,
    body: (SecretScalar<A>, SecretScalar<B>, SecretScalar<C>) -> (
      SecretScalar<A>, SecretScalar<B>, SecretScalar<C>
    )
  ) -> (SecretScalar<A>, SecretScalar<B>, SecretScalar<C>) {
    let loop = ProgramLoop(workshop, count, at: CallSite(file: file, line: line))
    loop.carry(a)
    loop.carry(b)
    loop.carry(c)
    loop.begin()
    let next = body(loop.state(0), loop.state(1), loop.state(2))
    loop.leave(next.0)
    loop.leave(next.1)
    loop.leave(next.2)
    loop.end()
    return (loop.result(0), loop.result(1), loop.result(2))
  }

  /// With any number of carried values of one kind, which a pass takes and gives in their order.
  public func repeating<Element: SecretElement>(
    _ count: Int, carrying values: [Carried<Element>], file: String = #fileID, line: Int = #line,
    body: ([SecretScalar<Element>]) -> [SecretScalar<Element>]
  ) -> [SecretScalar<Element>] {
    let loop = ProgramLoop(workshop, count, at: CallSite(file: file, line: line))
    for value in values { loop.carry(value) }
    loop.begin()
    for value in body(values.indices.map { loop.state($0) }) { loop.leave(value) }
    loop.end()
    return values.indices.map { loop.result($0) }
  }
}

/// A loop while it is built. Errors are kept by the workshop, which refuses the program with the first; what rests on them is quiet.
private final class ProgramLoop {
  private let workshop: Workshop
  private let count: Int
  private let site: CallSite
  private let text: String
  private var carried: [(value: BuiltValue, interval: Interval?)] = []
  /// Of the pass.
  private var state: [BuiltValue] = []
  private var left: [SecretFormula] = []
  private var results: [BuiltValue] = []
  private var failure: ParleyError?
  /// What nodes were built for before the loop.
  private var before: Int?

  init(_ workshop: Workshop, _ count: Int, at site: CallSite) {
    self.workshop = workshop
    self.count = count
    self.site = site
    text = "a loop of \(count) passes"
  }

  /// A line of the plan, for everything that is built from here on.
  private func enter() {
    before = workshop.builder.currentOperator
    workshop.builder.currentOperator = workshop.builder.addOperator(
      .init(query: "", depth: 0, text: "\(text), \(site.file):\(site.line)", rows: 1))
  }
  private func leave() { workshop.builder.currentOperator = before }

  private func attempt(_ body: () throws(ParleyError) -> Void) {
    guard failure == nil else { return }
    do throws(ParleyError) {
      try workshop.building(text, at: site) { try body() }
    } catch {
      failure = error
    }
  }

  func carry<Element>(_ value: Carried<Element>) {
    attempt { () throws(ParleyError) in
      guard value.initial.workshop === workshop else {
        throw ParleyError(
          .init("plan/two-programs"), "a value of another program goes into \(text)",
          remedy: "take all values from the tables of one SecureProgram")
      }
      var built = try value.initial.built()
      guard let ends = value.ends else {
        carried.append((built, nil))
        return
      }
      let lower = try ProgramFormula.element(ends.lower).built(in: workshop)
      let upper = try ProgramFormula.element(ends.upper).built(in: workshop)
      let scale = max(built.scale, lower.scale, upper.scale)
      func units(_ end: BuiltValue) -> BigInt {
        workshop.builder.type(of: end.node).range.lower * SecretFormula.powerOfTen(scale - end.scale)
      }
      built.node = try workshop.builder.scale(built.node, by: SecretFormula.powerOfTen(scale - built.scale))
      built.scale = scale
      carried.append((built, Interval(units(lower), units(upper))))
    }
  }

  func begin() {
    enter()
    attempt { () throws(ParleyError) in
      let nodes = try workshop.builder.beginLoop(
        count,
        carrying: carried.enumerated().map { index, value in
          .init("", from: value.value.node, within: value.interval)
        })
      // Whatever one record decides in a carried value can come to be in each of them.
      let isRecord = carried.contains { $0.value.isRecord }
      state = zip(nodes, carried).map { BuiltValue(node: $0, scale: $1.value.scale, isRecord: isRecord) }
    }
  }

  /// A carried value as the pass finds it.
  func state<Element>(_ index: Int) -> SecretScalar<Element> {
    scalar(index, "carried value \(index + 1)") { self.state }
  }
  /// A carried value after the last pass.
  func result<Element>(_ index: Int) -> SecretScalar<Element> {
    scalar(index, "value \(index + 1) of \(text)") { self.results }
  }

  private func scalar<Element>(
    _ index: Int, _ name: String, _ values: @escaping () -> [BuiltValue]
  ) -> SecretScalar<Element> {
    SecretScalar(
      formula: SecretFormula(
        workshop,
        ProgramFormula(name) { [self] _ in
          if let failure { throw failure }
          return values()[index]
        }
      ).placed(site.file, site.line))
  }

  func leave<Element>(_ value: SecretScalar<Element>) { left.append(value.formula) }

  func end() {
    defer { leave() }
    let hasBegun = failure == nil
    var nodes: [Program.NodeID] = []
    var isRecord = false
    attempt { () throws(ParleyError) in
      guard left.count == carried.count else {
        throw ParleyError(
          .init("plan/repeat-values"),
          "\(text) carries \(carried.count) values, and a pass gives \(left.count)",
          remedy: "give the next value of each carried one, in their order")
      }
      for (formula, value) in zip(left, carried) {
        guard formula.workshop === workshop else {
          throw ParleyError(
            .init("plan/two-programs"), "a value of another program is left by \(text)",
            remedy: "take all values from the tables of one SecureProgram")
        }
        let built = try formula.built()
        guard built.scale <= value.value.scale else {
          throw ParleyError(
            .init("plan/scale"),
            "a pass leaves a carried value with \(built.scale) decimal places; it began with \(value.value.scale)",
            remedy: "end the pass with 'rounded(places: \(value.value.scale))'")
        }
        isRecord = isRecord || built.isRecord
        nodes.append(
          try workshop.builder.scale(
            built.node, by: SecretFormula.powerOfTen(value.value.scale - built.scale)))
      }
    }
    guard failure == nil else {
      if hasBegun { workshop.builder.abandonLoop() }
      return
    }
    attempt { () throws(ParleyError) in
      let last = try workshop.builder.endLoop(nodes)
      results = zip(last, state).map {
        BuiltValue(node: $0, scale: $1.scale, isRecord: $1.isRecord || isRecord)
      }
    }
  }
}
