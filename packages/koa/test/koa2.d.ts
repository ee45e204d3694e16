/** Koa 2, under the name that it is installed by, with the types of Koa 3. */
declare module 'koa2' {
  import Koa from 'koa'
  export default Koa
}
