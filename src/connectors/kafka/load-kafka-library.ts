import { createRequire } from 'node:module';

export type KafkaLibrary = typeof import('@platformatic/kafka');

type Validate = ((data: unknown, context?: unknown) => boolean) & { errors?: unknown };
interface Validator {
  compile(schema: object): Validate;
}

/**
 * Loads the library. It compiles, while it loads, the schemas of all its clients' options, of which we use none: a third of the time
 * that it takes. They are compiled when they are first asked instead.
 */
export async function loadKafkaLibrary(): Promise<KafkaLibrary> {
  const restore = compileWhenAsked();
  try {
    return await import('@platformatic/kafka');
  } finally {
    restore();
  }
}

function compileWhenAsked(): () => void {
  let prototype: Validator;
  try {
    const load = createRequire(import.meta.resolve('@platformatic/kafka'));
    prototype = (load('ajv/dist/2020.js') as { Ajv2020: { prototype: Validator } }).Ajv2020.prototype;
  } catch {
    // Another version of the library checks its options in another way.
    return () => {};
  }
  const { compile } = prototype;
  prototype.compile = function (this: Validator, schema: object): Validate {
    let compiled: Validate | undefined;
    const validate: Validate = (data, context) => {
      compiled ??= compile.call(this, schema);
      const isValid = compiled(data, context);
      validate.errors = compiled.errors;
      return isValid;
    };
    return validate;
  };
  return () => {
    prototype.compile = compile;
  };
}
